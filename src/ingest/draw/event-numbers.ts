import { SpillwayError } from '../../errors.js'
import type { ColumnSpec, Events } from '../columns.js'
import { type Seed, uniform } from './hash.js'

/** Whether a column can hold event numbers. */
export function isEventNumber({ axis, type }: Pick<ColumnSpec, 'axis' | 'type'>): boolean {
  return axis === '' && /^u?int/.test(type)
}

/**
 * 64-bit event numbers as pairs of unsigned halves, low first; the same whatever integer type holds them.
 * @throws SpillwayError SCHEMA_MISMATCH when the column is missing or not one integer per event.
 */
export function halvesOf(events: Events, path: string): Uint32Array {
  const column = events.column(path)
  if (!isEventNumber(column))
    throw new SpillwayError(
      'SCHEMA_MISMATCH',
      `column ${path} is ${column.type}; an integer per event is needed`,
      {
        place: path,
      },
    )
  const { values } = column
  if (values instanceof BigInt64Array || values instanceof BigUint64Array)
    return new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
  const halves = new Uint32Array(values.length * 2)
  for (let i = 0; i < values.length; i++) {
    halves[2 * i] = values[i]
    halves[2 * i + 1] = values[i] < 0 ? 0xffffffff : 0
  }
  return halves
}

/**
 * The rows of `mask` that a deterministic draw keeps: a fraction of them, chosen by event number and seed alone,
 * so that the same event always meets the same decision, in whatever batch, process or replay.
 */
export function drawn(mask: Uint8Array, halves: Uint32Array, seed: Seed, fraction: number): Uint8Array {
  const out = new Uint8Array(mask.length)
  for (let i = 0; i < mask.length; i++)
    if (mask[i] === 1 && uniform(halves[2 * i + 1], halves[2 * i], seed) < fraction) out[i] = 1
  return out
}
