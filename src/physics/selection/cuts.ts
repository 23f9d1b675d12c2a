import { SpillwayError } from '../../errors.js'

/** One cut of a selection: 1 for each event that passes it, whatever the other cuts say. */
export interface Cut {
  readonly name: string
  readonly mask: Uint8Array
}

/** One line of a cut-flow: events (and the sum of their weights) that pass this cut and all before it. */
export interface CutFlowLine {
  readonly name: string
  readonly events: number
  readonly weight: number
}

/** 1 for each event that passes all cuts. No cuts: an empty mask. */
export function passesAll(cuts: readonly Cut[]): Uint8Array {
  const length = commonEvents(cuts)
  const mask = new Uint8Array(length).fill(1)
  for (const cut of cuts) for (let i = 0; i < length; i++) mask[i] &= cut.mask[i]
  return mask
}

/**
 * How many events are left after each cut, in order; the first line, "all", counts everything. Weights
 * default to 1.
 */
export function cutFlow(cuts: readonly Cut[], weights?: ArrayLike<number>): readonly CutFlowLine[] {
  const length = commonEvents(cuts)
  const alive = new Uint8Array(length).fill(1)
  const count = (name: string): CutFlowLine => {
    let events = 0
    let weight = 0
    for (let i = 0; i < length; i++) {
      if (alive[i] === 0) continue
      events++
      weight += weights?.[i] ?? 1
    }
    return { name, events, weight }
  }
  return [
    count('all'),
    ...cuts.map((cut) => {
      for (let i = 0; i < length; i++) alive[i] &= cut.mask[i]
      return count(cut.name)
    }),
  ]
}

/** The numbers of the events that pass, in ascending order. */
export function passing(mask: Uint8Array): Int32Array {
  const out = new Int32Array(mask.reduce((n, m) => n + m, 0))
  let at = 0
  for (let i = 0; i < mask.length; i++) if (mask[i] === 1) out[at++] = i
  return out
}

function commonEvents(cuts: readonly Cut[]): number {
  const length = cuts[0]?.mask.length ?? 0
  const other = cuts.find((cut) => cut.mask.length !== length)
  if (other !== undefined) {
    const problem = `Cut ${other.name} is about ${other.mask.length} events, the others about ${length}.`
    throw new SpillwayError('KERNEL_INPUT', problem, { place: 'cuts' })
  }
  return length
}
