import type { Column, Events } from '../../ingest/columns.js'

/** Directions of one collection of an event, in the η–φ plane. */
export interface Collection {
  readonly name: string
  /** GeV, or the unit of the column. */
  readonly pt: readonly number[]
  /** `null`: only the azimuth is known, as of missing transverse momentum. */
  readonly eta: readonly number[] | null
  /** rad */
  readonly phi: readonly number[]
}

/** One recent event: what it holds and what the pipeline made of it. */
export interface EventView {
  /** Its number, or where it stands in its message. */
  readonly event: string
  /** `null`: the pipeline does not select. */
  readonly accepted: boolean | null
  readonly chains: readonly string[]
  /** Score columns with one value per event. */
  readonly scores: readonly { readonly name: string; readonly value: number | null }[]
  readonly collections: readonly Collection[]
  /** Items that the limits left out. */
  readonly left: number
}

const MOST_COLLECTIONS = 8
const MOST_ITEMS = 256
const MENU = 'select.'
const OF_THE_MENU = ['accept', 'pass_through']

/**
 * A view of one event of a message, an accepted one where there is one.
 * @param events The message as it came.
 * @param scores Its scores, row by row: nothing of it was rejected.
 * @param steps Names of the steps whose columns are scores.
 * @param random In [0, 1): chooses among the accepted events.
 */
export function eventView(
  events: Events,
  scores: Events,
  steps: readonly string[],
  random: number,
): EventView | null {
  if (events.rows === 0 || events.rows !== scores.rows) return null
  const accept = scores.has(`${MENU}accept`) ? (scores.column(`${MENU}accept`).values as Uint8Array) : null
  const row = rowOf(accept, events.rows, random)
  const flat = scores.schema.columns.filter(({ axis }) => axis === '')
  const chains = flat
    .filter(({ path, type }) => type === 'bool' && path.startsWith(MENU))
    .map(({ path }) => path)
    .filter((path) => !OF_THE_MENU.includes(path.slice(MENU.length)))
  const scored = flat.filter(({ path }) => steps.some((step) => path.startsWith(`${step}.`)))
  const all = collectionsOf(events, row)
  return {
    event: scores.has('event') ? String(scores.column('event').values[row]) : `row ${row}`,
    accepted: accept === null ? null : accept[row] === 1,
    chains: chains
      .filter((path) => scores.column(path).values[row] === 1)
      .map((path) => path.slice(MENU.length)),
    scores: scored.map(({ path }) => ({ name: path, value: numberAt(scores.column(path), row) })),
    collections: all.map(firstItems),
    left: all.reduce((sum, { pt }) => sum + Math.max(0, pt.length - MOST_ITEMS), 0),
  }
}

/** One of the accepted rows, or any where none is. */
function rowOf(accept: Uint8Array | null, rows: number, random: number): number {
  const passed: number[] = []
  for (let row = 0; accept !== null && row < rows; row++) if (accept[row] === 1) passed.push(row)
  return passed.length > 0 ? passed[Math.floor(random * passed.length)] : Math.floor(random * rows)
}

/** Whatever has pt and phi, and eta where there is one: lists, and single objects; not the truth record. */
function collectionsOf(events: Events, row: number): Collection[] {
  const { columns } = events.schema
  const names = columns
    .filter(({ path }) => path.endsWith('.pt') && !path.startsWith('truth'))
    .map(({ path }) => path.slice(0, -'.pt'.length))
    .filter((name) => events.has(`${name}.phi`))
  return names.slice(0, MOST_COLLECTIONS).map((name) => {
    const pt = events.column(`${name}.pt`)
    const offsets = pt.axis === '' ? null : events.offsets(pt.axis)
    const from = offsets === null ? row : offsets[row]
    const to = offsets === null ? row + 1 : offsets[row + 1]
    const slice = (path: string): number[] => numbers(events.column(path), from, to)
    return {
      name,
      pt: slice(`${name}.pt`),
      eta: events.has(`${name}.eta`) ? slice(`${name}.eta`) : null,
      phi: slice(`${name}.phi`),
    }
  })
}

/** The items of largest pt, where there are too many. */
function firstItems({ name, pt, eta, phi }: Collection): Collection {
  if (pt.length <= MOST_ITEMS) return { name, pt, eta, phi }
  const order = pt.map((_, i) => i).sort((a, b) => pt[b] - pt[a])
  const pick = (values: readonly number[]): number[] => order.slice(0, MOST_ITEMS).map((i) => values[i])
  return { name, pt: pick(pt), eta: eta === null ? null : pick(eta), phi: pick(phi) }
}

const numbers = ({ values }: Column, from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => Number(Number(values[from + i]).toPrecision(5)))

function numberAt({ values, valid }: Column, row: number): number | null {
  if (valid !== null && valid[row] === 0) return null
  const value = Number(values[row])
  return Number.isFinite(value) ? Number(value.toPrecision(5)) : null
}
