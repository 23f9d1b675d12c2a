type Values = Float64Array | Float32Array | Uint8Array
type Result = Float64Array | Uint8Array

/**
 * One value per event from the items of a list. Null items are left out; `over` is called with offsets of
 * `rows + 1` and fills `rows` results.
 */
export interface Reduction {
  readonly name: string
  readonly takes: 'number' | 'bool'
  readonly result: 'number' | 'bool'
  readonly says: string
  readonly over: (values: Values, offsets: Int32Array, rows: number, out: Result) => void
}

/** The reductions. A name that takes numbers also takes a condition after them: `sum(jets.pt, jets.pt > 30)`. */
export const reductions: readonly Reduction[] = [
  {
    name: 'any',
    takes: 'bool',
    result: 'bool',
    says: 'true if the condition holds for one item',
    over: anyOf,
  },
  {
    name: 'all',
    takes: 'bool',
    result: 'bool',
    says: 'true if it holds for every item; true without items',
    over: allOf,
  },
  {
    name: 'count',
    takes: 'bool',
    result: 'number',
    says: 'items for which the condition holds',
    over: countTrue,
  },
  { name: 'count', takes: 'number', result: 'number', says: 'items that are not null', over: countPresent },
  { name: 'sum', takes: 'number', result: 'number', says: 'sum; 0 without items', over: sum },
  { name: 'mean', takes: 'number', result: 'number', says: 'mean; null without items', over: mean },
  { name: 'max', takes: 'number', result: 'number', says: 'largest item; null without items', over: max },
  { name: 'min', takes: 'number', result: 'number', says: 'smallest item; null without items', over: min },
  {
    name: 'first',
    takes: 'number',
    result: 'number',
    says: 'first item that is not null; null without items',
    over: first,
  },
  {
    name: 'argmax',
    takes: 'number',
    result: 'number',
    says: 'index of the (first) largest item; null without items',
    over: argmax,
  },
]

function anyOf(values: Values, offsets: Int32Array, rows: number, out: Result): void {
  for (let row = 0; row < rows; row++) {
    let found = 0
    for (let i = offsets[row]; i < offsets[row + 1]; i++) found |= values[i]
    out[row] = found
  }
}

function allOf(values: Values, offsets: Int32Array, rows: number, out: Result): void {
  for (let row = 0; row < rows; row++) {
    let held = 1
    for (let i = offsets[row]; i < offsets[row + 1]; i++) held &= values[i]
    out[row] = held
  }
}

function countTrue(values: Values, offsets: Int32Array, rows: number, out: Result): void {
  for (let row = 0; row < rows; row++) {
    let count = 0
    for (let i = offsets[row]; i < offsets[row + 1]; i++) count += values[i]
    out[row] = count
  }
}

function countPresent(values: Values, offsets: Int32Array, rows: number, out: Result): void {
  for (let row = 0; row < rows; row++) {
    let count = 0
    for (let i = offsets[row]; i < offsets[row + 1]; i++) if (!Number.isNaN(values[i])) count++
    out[row] = count
  }
}

function sum(values: Values, offsets: Int32Array, rows: number, out: Result): void {
  for (let row = 0; row < rows; row++) {
    let total = 0
    for (let i = offsets[row]; i < offsets[row + 1]; i++) if (!Number.isNaN(values[i])) total += values[i]
    out[row] = total
  }
}

function mean(values: Values, offsets: Int32Array, rows: number, out: Result): void {
  for (let row = 0; row < rows; row++) {
    let total = 0
    let count = 0
    for (let i = offsets[row]; i < offsets[row + 1]; i++) {
      if (Number.isNaN(values[i])) continue
      total += values[i]
      count++
    }
    out[row] = total / count
  }
}

function max(values: Values, offsets: Int32Array, rows: number, out: Result): void {
  for (let row = 0; row < rows; row++) {
    let best = Number.NaN
    for (let i = offsets[row]; i < offsets[row + 1]; i++)
      if (!(values[i] <= best) && !Number.isNaN(values[i])) best = values[i]
    out[row] = best
  }
}

function min(values: Values, offsets: Int32Array, rows: number, out: Result): void {
  for (let row = 0; row < rows; row++) {
    let best = Number.NaN
    for (let i = offsets[row]; i < offsets[row + 1]; i++)
      if (!(values[i] >= best) && !Number.isNaN(values[i])) best = values[i]
    out[row] = best
  }
}

function first(values: Values, offsets: Int32Array, rows: number, out: Result): void {
  for (let row = 0; row < rows; row++) {
    let i = offsets[row]
    while (i < offsets[row + 1] && Number.isNaN(values[i])) i++
    out[row] = i < offsets[row + 1] ? values[i] : Number.NaN
  }
}

function argmax(values: Values, offsets: Int32Array, rows: number, out: Result): void {
  for (let row = 0; row < rows; row++) {
    let best = Number.NaN
    let at = Number.NaN
    for (let i = offsets[row]; i < offsets[row + 1]; i++) {
      if (values[i] <= best || Number.isNaN(values[i])) continue
      best = values[i]
      at = i - offsets[row]
    }
    out[row] = at
  }
}
