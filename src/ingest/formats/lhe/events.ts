import { overLimit, unreadable } from '../shared/damage.js'
import { limits } from '../shared/limits.js'
import { Doubles, Integers } from '../text/grow.js'
import { Scanner } from '../text/scan.js'

export const particleDoubles = ['px', 'py', 'pz', 'energy', 'mass', 'lifetime', 'spin'] as const
export const particleIntegers = ['pid', 'status', 'mother1', 'mother2', 'color1', 'color2'] as const

type Part = 'head' | 'init' | 'between' | 'event line' | 'particles' | 'rest' | 'end'

const less = 60
const hash = 35

/**
 * Collects the events of a Les Houches event file (Alwall et al., hep-ph/0609017; weights of version 3, hep-ph/1405.1067)
 * line by line. Ends of lists are counted from the first event kept.
 */
export class LheEvents {
  /** Events that are complete. */
  rows = 0
  /** Ids of the weights, from the first event that has them; later events must have the same. */
  weightIds: readonly string[] | null = null
  readonly processId = new Integers()
  readonly weight = new Doubles()
  readonly scale = new Doubles()
  readonly alphaQed = new Doubles()
  readonly alphaQcd = new Doubles()
  readonly integers = particleIntegers.map(() => new Integers())
  readonly doubles = particleDoubles.map(() => new Doubles())
  readonly particleEnds = new Integers()
  readonly weights = new Doubles()
  readonly weightEnds = new Integers()

  readonly #place: string
  readonly #scan = new Scanner()
  #part: Part = 'head'
  #left = 0
  #ids: string[] = []
  #groups = 0
  #line = 0

  constructor(place: string) {
    this.#place = place
  }

  line(bytes: Uint8Array, from: number, to: number, line: number): void {
    this.#line = line
    const scan = this.#scan
    scan.reset(bytes, from, to)
    if (!scan.more()) return
    if (this.#part === 'event line') this.#eventLine()
    else if (this.#part === 'particles') {
      if (bytes[scan.at] === hash) return
      if (bytes[scan.at] === less) throw this.#bad(`${this.#left} particles are missing`)
      this.#particle()
    } else if (bytes[scan.at] === less) this.#tag(scan.text().trim())
    else if (this.#part === 'head' && line === 1) throw this.#bad('does not begin with <LesHouchesEvents')
  }

  finish(): void {
    if (this.#part === 'head') throw this.#bad('has no <LesHouchesEvents and no events')
    if (this.#part !== 'end') throw this.#bad('ends before </LesHouchesEvents>')
  }

  #bad(what: string) {
    return unreadable(what, `${this.#place}, line ${this.#line}`)
  }

  #tag(text: string): void {
    if (this.#part === 'head' && text.startsWith('<LesHouchesEvents')) this.#part = 'init'
    else if (this.#part === 'head') {
      if (!text.startsWith('<?xml') && !text.startsWith('<!--'))
        throw this.#bad('does not begin with <LesHouchesEvents')
    } else if (/^<event[\s>]/.test(text)) {
      if (this.#part === 'rest') throw this.#bad('an event inside an event')
      this.#part = 'event line'
    } else if (this.#part === 'rest') this.#rest(text)
    else if (text.startsWith('</LesHouchesEvents')) this.#part = 'end'
  }

  /** `NUP IDPRUP XWGTUP SCALUP AQEDUP AQCDUP` */
  #eventLine(): void {
    const scan = this.#scan
    const count = scan.integer()
    const process = scan.integer()
    const values = [scan.number(), scan.number(), scan.number(), scan.number()]
    if (Number.isNaN(count + process) || values.some(Number.isNaN))
      throw this.#bad('an event line without its six numbers')
    if (count > limits.eventItems || count < 0)
      throw overLimit(`an event of ${count} particles`, `${this.#place}, line ${this.#line}`)
    this.processId.push(process)
    this.weight.push(values[0])
    this.scale.push(values[1])
    this.alphaQed.push(values[2])
    this.alphaQcd.push(values[3])
    this.#left = count
    this.#ids = []
    this.#part = count === 0 ? 'rest' : 'particles'
  }

  /** `IDUP ISTUP MOTHUP(2) ICOLUP(2) PUP(5) VTIMUP SPINUP` */
  #particle(): void {
    const scan = this.#scan
    let sum = 0
    for (const column of this.integers) {
      const value = scan.integer()
      sum += value
      column.push(value)
    }
    for (const column of this.doubles) {
      const value = scan.number()
      sum += Number.isNaN(value) ? value : 0
      column.push(value)
    }
    if (Number.isNaN(sum)) throw this.#bad('a particle without its 13 numbers')
    if (--this.#left === 0) this.#part = 'rest'
  }

  /** Weights: `<wgt id='…'> w </wgt>` of version 3, `<weights> w w … </weights>` of version 2. */
  #rest(text: string): void {
    const named = /^<wgt\s+id\s*=\s*['"]([^'"]*)['"]\s*>\s*(\S+)\s*<\/wgt>/.exec(text)
    if (named !== null) this.#weight(named[1].trim(), named[2])
    else if (text.startsWith('<weights>')) {
      const words = text.slice(9).replace('</weights>', '').trim()
      if (words !== '') for (const word of words.split(/\s+/)) this.#weight(String(this.#ids.length), word)
    } else if (text.startsWith('</event>')) this.#close()
    else if (text.startsWith('</LesHouchesEvents')) throw this.#bad('the last event does not end')
  }

  #weight(id: string, text: string): void {
    const value = Number(text.replace(/[dD]/, 'e'))
    if (Number.isNaN(value)) throw this.#bad(`weight ${id} is ${text}`)
    if (this.#ids.length >= limits.columns)
      throw overLimit('weights without end', `${this.#place}, line ${this.#line}`)
    this.#ids.push(id)
    this.weights.push(value)
  }

  #close(): void {
    if (this.rows === 0 && this.#groups === 0) this.weightIds = [...new Set(this.#ids)]
    this.#groups++
    const ids = this.weightIds ?? []
    if (this.#ids.length !== ids.length || this.#ids.some((id, i) => id !== ids[i]))
      throw this.#bad(`weights ${this.#ids.slice(0, 5).join(', ')} … are not those of the first event`)
    this.particleEnds.push(this.doubles[0].length)
    this.weightEnds.push(this.weights.length)
    this.rows++
    this.#part = 'between'
  }
}
