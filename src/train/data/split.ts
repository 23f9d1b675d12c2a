import type { Events } from '../../ingest/columns.js'
import { halvesOf } from '../../ingest/draw/event-numbers.js'
import { seedOf, uniform } from '../../ingest/draw/hash.js'
import type { DataConfig } from '../config.js'
import { SPLITS } from '../score-table.js'

const [TRAIN, VALIDATION, TEST] = SPLITS.keys()
/** Training events that the fraction leaves out belong to no part. */
export const UNUSED = SPLITS.length

/** Gives the part of the sample (an index into SPLITS, or UNUSED) of every event of a batch. */
export type Splitter = (events: Events) => Uint8Array

/**
 * Divides a sample by event number alone: an event is in the same part in every run, file and order, and so are all
 * rows that share its number (both jets of an event). Excluded events count as test.
 */
export function splitter(
  {
    split,
    fraction,
    fraction_from,
    event,
  }: Pick<DataConfig, 'split' | 'fraction' | 'fraction_from' | 'event'>,
  excluded: ReadonlySet<bigint> = new Set(),
): Splitter {
  const seed = seedOf(split.salt)
  const thinning = seedOf(`${split.salt}/fraction`)
  return (events) => {
    const halves = halvesOf(events, event)
    return Uint8Array.from({ length: events.rows }, (_, row) => {
      const [low, high] = [halves[2 * row], halves[2 * row + 1]]
      if (excluded.size > 0 && excluded.has(numberOf(low, high))) return TEST
      const part = partOf((uniform(high, low, seed) + split.rotate) % 1, split)
      return part === TRAIN && !kept((uniform(high, low, thinning) + 1 - fraction_from) % 1, fraction)
        ? UNUSED
        : part
    })
  }
}

function partOf(u: number, { validation, test }: DataConfig['split']): number {
  if (u < test) return TEST
  return u < test + validation ? VALIDATION : TRAIN
}

const kept = (u: number, fraction: number): boolean => fraction === 1 || u < fraction

const numberOf = (low: number, high: number): bigint => (BigInt(high) << 32n) | BigInt(low)

/** The event numbers of a batch. */
export function eventNumbers(events: Events, path: string): bigint[] {
  const halves = halvesOf(events, path)
  return Array.from({ length: events.rows }, (_, row) => numberOf(halves[2 * row], halves[2 * row + 1]))
}
