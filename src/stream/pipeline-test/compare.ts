import type { Events } from '../../ingest/columns.js'
import type { ExpectedEvent } from './schema.js'

type Scalar = number | bigint | boolean | string | null
type Value = Scalar | readonly Scalar[]

/** One expectation that does not hold. */
export interface Difference {
  /** Key of the expectation: a column, `accept` or `reject`. */
  readonly key: string
  readonly expected: string
  readonly found: string
}

/** What became of one event: scored in this row of `scores`, or rejected. */
export type Fate =
  | { readonly scores: Events; readonly row: number }
  | { readonly code: string; readonly message: string }

const isReject = (
  expected: ExpectedEvent,
): expected is { reject: NonNullable<ExpectedEvent['reject']> & string } =>
  'reject' in expected && typeof expected['reject'] === 'string'

/** `accept` is short for the column of the trigger menu. */
export const columnOf = (key: string): string => (key === 'accept' ? 'select.accept' : key)

/** Compares what became of an event with what was expected of it. */
export function differences(expected: ExpectedEvent, fate: Fate, tolerance: number): Difference[] {
  if (isReject(expected)) {
    if ('code' in fate && fate.code === expected.reject) return []
    const found = 'code' in fate ? `${fate.code}: ${fate.message}` : 'scored'
    return [{ key: 'reject', expected: expected.reject, found }]
  }
  if ('code' in fate) {
    return [{ key: 'event', expected: 'scored', found: `rejected with ${fate.code}: ${fate.message}` }]
  }
  return Object.entries(expected).flatMap(([key, wanted]) => {
    const path = columnOf(key)
    if (!fate.scores.has(path)) {
      const known = fate.scores.schema.columns.map((column) => column.path).join(', ')
      return [{ key, expected: text(wanted as Value), found: `no such column; there are ${known}` }]
    }
    return difference(key, wanted, valueAt(fate.scores, path, fate.row), tolerance)
  })
}

function difference(key: string, wanted: unknown, found: Value, tolerance: number): Difference[] {
  const ranged = isWithin(wanted)
  const expected = (ranged ? wanted.value : wanted) as Value
  const allowed = (value: number): number =>
    ranged ? wanted.within : tolerance * Math.max(1, Math.abs(value))
  if (same(expected, found, allowed)) return []
  const number = typeof expected === 'number'
  const off =
    number && typeof found === 'number' ? ` (off by ${Math.abs(found - expected).toPrecision(3)})` : ''
  const range = number ? ` ± ${allowed(expected).toPrecision(2)}` : ''
  return [{ key, expected: text(expected) + range, found: text(found) + off }]
}

function isWithin(wanted: unknown): wanted is { readonly value: Value; readonly within: number } {
  return typeof wanted === 'object' && wanted !== null && 'within' in wanted
}

function same(expected: Value, found: Value, allowed: (value: number) => number): boolean {
  if (Array.isArray(expected)) {
    if (!Array.isArray(found) || expected.length !== found.length) return false
    return expected.every((value, i) => same(value, found[i], allowed))
  }
  if (typeof expected === 'number' && typeof found === 'number') {
    return Math.abs(found - expected) <= allowed(expected)
  }
  if (typeof expected === 'number' && typeof found === 'bigint') return BigInt(expected) === found
  return expected === found
}

/** The value of an event in a column; a list for a column along a list. */
export function valueAt(events: Events, path: string, row: number): Value {
  const { axis, type, values, valid, dictionary } = events.column(path)
  const one = (index: number): Scalar => {
    if (valid !== null && valid[index] === 0) return null
    if (type === 'utf8') return dictionary?.[Number(values[index])] ?? null
    if (type === 'bool') return values[index] === 1
    return values[index]
  }
  if (axis === '') return one(row)
  const offsets = events.offsets(axis)
  return Array.from({ length: offsets[row + 1] - offsets[row] }, (_, k) => one(offsets[row] + k))
}

const text = (value: Value): string =>
  JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? Number(one) : one))
