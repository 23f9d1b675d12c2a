import { SpillwayError } from '../../errors.js'
import type { Column, ColumnSpec, ColumnType, EventSchema } from '../columns.js'
import { type Compiled, compile } from '../expression/compile.js'
import type { LeafData } from '../formats/shared/node.js'
import type { SchemaMap } from './schema-map.js'
import type { Source } from './sources.js'

/** A column computed from others. */
export interface Derived {
  readonly path: string
  readonly axis: string
  readonly type: ColumnType
  readonly unit: string | undefined
  readonly compiled: Compiled
}

export interface DerivedPlan {
  readonly derived: readonly Derived[]
  /** The condition of the events that are kept; `null` keeps all. */
  readonly select: Compiled | null
  readonly problems: readonly SpillwayError[]
}

/**
 * Compiles what a map computes, in the language of the pipelines (docs/expressions.md). A column of a list runs along
 * it, whatever it reads; an expression may read the columns computed before it.
 */
export function planDerived(map: SchemaMap, sources: readonly Source[]): DerivedPlan {
  const columns: ColumnSpec[] = sources.map(({ path, axis, type, unit }) => specOf(path, axis, type, unit))
  const axes = [...new Set(columns.map(({ axis }) => axis))].filter((axis) => axis !== '')
  const schema = (): EventSchema => ({ columns, axes, metadata: new Map() })
  const problems: SpillwayError[] = []
  const attempt = <T>(keys: readonly string[], what: string, make: () => T): T | null => {
    try {
      return make()
    } catch (error) {
      if (!(error instanceof SpillwayError)) throw error
      problems.push(
        new SpillwayError(error.code, `${what}: ${error.message}`, { place: map.place(keys), cause: error }),
      )
      return null
    }
  }
  const derived: Derived[] = []
  for (const [path, { is, unit, type }] of Object.entries(map.derived)) {
    const head = path.split('.')[0]
    const axis = Object.hasOwn(map.lists, head) ? head : ''
    const compiled = attempt(['derived', path], path, () => compile(is, schema(), { axis }))
    if (compiled === null) continue
    const one = { path, axis, type: typeOf(compiled, type), unit, compiled }
    derived.push(one)
    columns.push(specOf(path, axis, one.type, unit))
  }
  const { select } = map
  const condition =
    select === undefined
      ? null
      : attempt(['select'], 'select', () => compile(select, schema(), { type: 'bool', axis: '' }))
  return { derived, select: condition, problems }
}

const typeOf = ({ type }: Compiled, number: ColumnType): ColumnType =>
  type === 'number' ? number : type === 'bool' ? 'bool' : 'utf8'

const specOf = (path: string, axis: string, type: ColumnType, unit: string | undefined): ColumnSpec =>
  unit === undefined ? { path, axis, type } : { path, axis, type, unit }

/** Values as a file format has them, as a column of events. */
export function columnOf({ values, valid, ends }: LeafData, type: ColumnType, axis: string): Column {
  if (ends !== undefined) return textColumn(values as Uint8Array, ends, valid, axis)
  if (valid === null || !(values instanceof Float32Array || values instanceof Float64Array))
    return { axis, type, values, valid }
  const holed = values.slice()
  for (let i = 0; i < valid.length; i++) if (valid[i] === 0) holed[i] = Number.NaN
  return { axis, type, values: holed, valid }
}

function textColumn(bytes: Uint8Array, ends: Int32Array, valid: Uint8Array | null, axis: string): Column {
  const codes = new Map<string, number>()
  const text = new TextDecoder()
  const values = new Int32Array(ends.length - 1)
  for (let i = 0; i < values.length; i++) {
    const word = text.decode(bytes.subarray(ends[i], ends[i + 1]))
    let code = codes.get(word)
    if (code === undefined) {
      code = codes.size
      codes.set(word, code)
    }
    values[i] = code
  }
  return { axis, type: 'utf8', values, valid, dictionary: [...codes.keys()] }
}

/** A computed column as a file format would have it. */
export function leafOf({ values, valid, dictionary }: Column, type: ColumnType): LeafData {
  if (dictionary !== undefined) {
    const words = dictionary.map((word) => Buffer.from(word))
    const parts = Array.from(values as Int32Array, (code, i) =>
      valid !== null && valid[i] === 0 ? Buffer.alloc(0) : words[code],
    )
    const ends = new Int32Array(parts.length + 1)
    for (let i = 0; i < parts.length; i++) ends[i + 1] = ends[i] + parts[i].length
    return { kind: 'leaf', values: Buffer.concat(parts), valid, ends }
  }
  const numbers = type === 'float32' ? Float32Array.from(values as Float64Array) : values
  return { kind: 'leaf', values: numbers, valid }
}
