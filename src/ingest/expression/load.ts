import { SpillwayError } from '../../errors.js'
import type { Column, Events, Values } from '../columns.js'
import { typeOf } from './check.js'
import type { Numbers } from './loops.js'
import type { Registers, Strings } from './registers.js'
import type { Read } from './typed.js'

/** One evaluation: the events and the memory to work in. */
export interface Run {
  readonly events: Events
  readonly registers: Registers
}

/** Number of values along an axis. */
export function lengthOf(events: Events, axis: string): number {
  return axis === '' ? events.rows : events.offsets(axis)[events.rows]
}

/** The column, which must be what it was when the expression was compiled. @throws SpillwayError SCHEMA_MISMATCH. */
function columnOf({ path, holds, axis }: Read, events: Events): Column {
  const column = events.column(path)
  if (typeOf(column.type) === holds && column.axis === axis) return column
  const along = (name: string) => (name === '' ? 'one per event' : `along ${name}`)
  throw new SpillwayError(
    'SCHEMA_MISMATCH',
    `column ${path} is ${column.type}, ${along(column.axis)}; a ${holds}, ${along(axis)}, is needed`,
    { place: path },
  )
}

/** Numbers of a column: floats as they are, all others converted into a register, NaN where null. */
export function loadNumbers(read: Read, depth: number): (run: Run) => Numbers {
  return ({ events, registers }) => {
    const { values, valid } = columnOf(read, events)
    if (values instanceof Float64Array || values instanceof Float32Array) return values
    const out = registers.numbers(depth, values.length)
    convert(values, out)
    if (valid !== null) for (let i = 0; i < valid.length; i++) if (valid[i] === 0) out[i] = Number.NaN
    return out
  }
}

/** Truth values of a column; null is false. */
export function loadBools(read: Read, depth: number): (run: Run) => Uint8Array {
  return ({ events, registers }) => {
    const { values, valid } = columnOf(read, events)
    if (values instanceof Uint8Array && valid === null) return values
    const out = registers.bools(depth, values.length)
    for (let i = 0; i < values.length; i++) out[i] = values[i] && (valid === null || valid[i]) ? 1 : 0
    return out
  }
}

/** Strings of a column as codes, -1 where null. */
export function loadStrings(read: Read, depth: number): (run: Run) => Strings {
  return ({ events, registers }) => {
    const { values, valid, dictionary = [] } = columnOf(read, events)
    if (values instanceof Int32Array && valid === null) return { codes: values, dictionary }
    const codes = registers.codes(depth, values.length)
    for (let i = 0; i < values.length; i++) codes[i] = valid === null || valid[i] ? Number(values[i]) : -1
    return { codes, dictionary }
  }
}

/** Nearest float64 of every value. 64-bit integers go by halves: reading a BigInt would allocate one a value. */
function convert(values: Values, out: Float64Array): void {
  if (!(values instanceof BigInt64Array || values instanceof BigUint64Array)) {
    out.set(values)
    return
  }
  const halves = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
  const signed = values instanceof BigInt64Array
  for (let i = 0; i < values.length; i++) {
    const high = signed ? halves[2 * i + 1] | 0 : halves[2 * i + 1]
    out[i] = high * 4294967296 + halves[2 * i]
  }
}
