import { overLimit, unreadable } from '../shared/damage.js'
import { limits } from '../shared/limits.js'
import { Doubles, Integers } from '../text/grow.js'
import { Scanner } from '../text/scan.js'
import { weightNames } from './names.js'

const E = 69
const P = 80
const V = 86
const W = 87
const A = 65
const U = 85
const H = 72
const at = 64
const open = 91
const close = 93

/** Where the event that is being read begins: after the last complete one that is kept. */
const lastOf = (ends: Integers): number => (ends.length === 0 ? 0 : ends.values[ends.length - 1])

/** Numbers kept of each event besides its lists; NaN where the generator does not say. */
export const scalars = [
  'cross_section',
  'cross_section_error',
  'event_scale',
  'alpha_qcd',
  'alpha_qed',
  'pdf_x1',
  'pdf_x2',
  'pdf_scale',
  'pdf_xf1',
  'pdf_xf2',
] as const
type Scalar = (typeof scalars)[number]

const attributes: Readonly<Record<string, readonly (Scalar | null)[]>> = {
  GenCrossSection: ['cross_section', 'cross_section_error'],
  GenPdfInfo: [null, null, 'pdf_x1', 'pdf_x2', 'pdf_scale', 'pdf_xf1', 'pdf_xf2'],
  event_scale: ['event_scale'],
  alphaQCD: ['alpha_qcd'],
  alphaQED: ['alpha_qed'],
}

export const momenta = ['px', 'py', 'pz', 'energy', 'mass'] as const

/**
 * Collects the events of a HepMC3 ascii listing (Buckley et al., arXiv:1912.08005) into flat columns, line by line.
 * Momenta in GeV and lengths in mm whatever the file's units. Ends of lists are counted from the first event kept.
 */
export class HepMC3Events {
  /** Events that are complete. */
  rows = 0
  /** Names of the weights; `null` until known, empty when the file names none. */
  names: readonly string[] | null = null
  readonly numbers = new Doubles()
  readonly weights = new Doubles()
  readonly weightEnds = new Integers()
  readonly scalars = new Map<Scalar, Doubles>(scalars.map((name) => [name, new Doubles()]))
  readonly pid = new Integers()
  readonly status = new Integers()
  readonly parent = new Integers()
  readonly endVertex = new Integers()
  readonly p4 = momenta.map(() => new Doubles())
  readonly particleEnds = new Integers()
  readonly finalPid = new Integers()
  readonly finalP4 = momenta.map(() => new Doubles())
  readonly finalEnds = new Integers()
  readonly vertexId = new Integers()
  readonly vertexStatus = new Integers()
  readonly position = [new Doubles(), new Doubles(), new Doubles(), new Doubles()]
  readonly vertexEnds = new Integers()

  readonly #place: string
  readonly #scan = new Scanner()
  #started = false
  #open = false
  #ended = false
  #energy = 1
  #length = 1
  #vertices = 0
  #particles = 0
  #line = 0

  constructor(place: string) {
    this.#place = place
  }

  line(bytes: Uint8Array, from: number, to: number, line: number): void {
    this.#line = line
    if (from === to || this.#ended) return
    const scan = this.#scan
    scan.reset(bytes, from + 1, to)
    const key = bytes[from]
    const spaced = to === from + 1 || bytes[from + 1] === 32
    if (key === P && spaced) this.#particle()
    else if (key === V && spaced) this.#vertex()
    else if (key === E && spaced) this.#event()
    else if (key === W && spaced) this.#weights()
    else if (key === A && spaced) this.#attribute()
    else if (key === U && spaced) this.#units()
    else if (key === H) this.#head(scan.text())
    else if (!this.#started) throw this.#bad('begins neither with HepMC::Version nor with HepMC::Asciiv3')
  }

  /** Ends the last event; a listing that is cut in the middle of an event is damaged. */
  finish(): void {
    this.#close()
    if (!this.#started) throw this.#bad('is empty')
  }

  get #firstParticle(): number {
    return lastOf(this.particleEnds)
  }

  #bad(what: string) {
    return unreadable(what, `${this.#place}, line ${this.#line}`)
  }

  #head(rest: string): void {
    if (rest.startsWith('epMC::IO_GenEvent'))
      throw this.#bad('is a HepMC2 file; convert it to HepMC3 ascii first')
    if (rest.startsWith('epMC::Asciiv3-END')) {
      this.#close()
      this.#ended = true
    } else if (rest.startsWith('epMC::')) this.#started = true
    else throw this.#bad('begins neither with HepMC::Version nor with HepMC::Asciiv3')
  }

  #event(): void {
    if (!this.#started) throw this.#bad('an event before the head of the listing')
    this.#close()
    const scan = this.#scan
    const number = scan.integer()
    this.#vertices = scan.integer()
    this.#particles = scan.integer()
    if (Number.isNaN(number + this.#vertices + this.#particles))
      throw this.#bad('an event line without its numbers')
    if (this.#vertices > limits.eventItems || this.#particles > limits.eventItems)
      throw overLimit(`an event of ${this.#particles} particles`, `${this.#place}, line ${this.#line}`)
    this.numbers.push(number)
    for (const column of this.scalars.values()) column.push(Number.NaN)
    this.#open = true
    // Units hold until an event says otherwise; each event line comes before its units line.
    ;[this.#energy, this.#length] = [1, 1]
  }

  #close(): void {
    if (!this.#open) return
    const particles = this.pid.length - this.#firstParticle
    if (particles !== this.#particles)
      throw this.#bad(`an event of ${this.#particles} particles has ${particles}`)
    this.weightEnds.push(this.weights.length)
    this.particleEnds.push(this.pid.length)
    this.vertexEnds.push(this.vertexId.length)
    this.finalEnds.push(this.finalPid.length)
    this.rows++
    this.#open = false
  }

  #units(): void {
    const [energy, length] = [this.#scan.word(), this.#scan.word()]
    if ((energy !== 'GEV' && energy !== 'MEV') || (length !== 'MM' && length !== 'CM'))
      throw this.#bad(`unknown units ${energy} ${length}`)
    this.#energy = energy === 'MEV' ? 1e-3 : 1
    this.#length = length === 'CM' ? 10 : 1
  }

  #weights(): void {
    if (!this.#open) {
      this.names = weightNames(this.#scan.text())
      return
    }
    while (this.#scan.more()) this.weights.push(this.#scan.number())
    const count = this.weights.length - lastOf(this.weightEnds)
    this.names ??= []
    if (this.names.length > 0 && count !== this.names.length)
      throw this.#bad(`${count} weights, ${this.names.length} are named`)
  }

  #attribute(): void {
    const scan = this.#scan
    if (!this.#open || scan.integer() !== 0) return
    const wanted = attributes[scan.word()]
    if (wanted === undefined) return
    for (const name of wanted) {
      const value = scan.number()
      const column = name === null ? undefined : this.scalars.get(name)
      if (column !== undefined) column.values[column.length - 1] = value
    }
  }

  /** `V id status [incoming particles] @ x y z t` */
  #vertex(): void {
    if (!this.#open) throw this.#bad('a vertex outside an event')
    const scan = this.#scan
    const id = scan.integer()
    const status = scan.integer()
    if (Number.isNaN(id + status)) throw this.#bad('a vertex without number or status')
    if (this.vertexId.length - lastOf(this.vertexEnds) >= limits.eventItems)
      throw this.#bad('vertices without end')
    if (scan.more() && scan.bytes[scan.at] === open) {
      scan.at++
      while (scan.at < scan.end && scan.bytes[scan.at] !== close) {
        const particle = scan.integer()
        const index = this.#firstParticle + particle - 1
        if (Number.isNaN(particle) || particle < 1) throw this.#bad('a vertex with an impossible particle')
        // Particles may follow later in the listing only when the writer is wrong.
        if (index < this.pid.length) this.endVertex.values[index] = id
        if (scan.bytes[scan.at] === 44) scan.at++
      }
      scan.at++
    }
    this.vertexId.push(id)
    this.vertexStatus.push(status)
    const placed = scan.more() && scan.bytes[scan.at] === at
    if (placed) scan.at++
    for (const column of this.position) column.push(placed ? scan.number() * this.#length : 0)
  }

  /** `P id parent pdg px py pz e m status`; the parent is a vertex (negative), a particle, or none (0). */
  #particle(): void {
    if (!this.#open) throw this.#bad('a particle outside an event')
    const scan = this.#scan
    const id = scan.integer()
    const parent = scan.integer()
    const pid = scan.integer()
    const index = this.pid.length - this.#firstParticle
    if (id !== index + 1) throw this.#bad(`particle ${id} where ${index + 1} is due`)
    if (id > this.#particles) throw this.#bad(`an event of ${this.#particles} particles has more`)
    const first = this.p4[0].length
    for (let i = 0; i < 5; i++) this.p4[i].push(scan.number() * this.#energy)
    const status = scan.integer()
    if (Number.isNaN(parent + pid + status)) throw this.#bad('a particle without parent, kind or status')
    this.pid.push(pid)
    this.parent.push(parent)
    this.status.push(status)
    this.endVertex.push(0)
    if (parent > 0 && parent < id) this.endVertex.values[this.#firstParticle + parent - 1] = parent
    if (status !== 1) return
    this.finalPid.push(pid)
    for (let i = 0; i < 5; i++) this.finalP4[i].push(this.p4[i].values[first])
  }
}
