import {
  type DataType,
  Field,
  Int,
  List,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  tableFromIPC,
  tableToIPC,
  vectorFromArray,
} from 'apache-arrow'
import { SpillwayError } from '../../errors.js'
import { nearest } from '../../ingest/nearest.js'

type Row = Readonly<Record<string, unknown>>
/** Where a key of a row stands in the test file. */
export type RowPlace = (row: number, key: string) => string

/**
 * Events written down in YAML as an Arrow message with the types of `template` (an Arrow stream of the source). Only
 * the fields that some row gives are there; a field that a row leaves out is null in it.
 * @throws SpillwayError CONFIG_INVALID for a field that the source does not have or a value of another type.
 */
export function messageOf(rows: readonly Row[], template: Uint8Array, place: RowPlace): Uint8Array {
  const known = new Map(tableFromIPC(template).schema.fields.map((field) => [field.name, field]))
  rows.forEach((row, index) => {
    for (const key of Object.keys(row)) {
      if (!known.has(key)) throw unknownField(key, known.keys(), place(index, key))
    }
  })
  const fields: Field[] = []
  const columns = [...known.values()].flatMap((field) => {
    const values = rows.map((row) => row[field.name])
    if (values.every((value) => value === undefined)) return []
    const at = (row: number): string => place(row, field.name)
    const type = pruned(field.type, values, (value) => at(values.indexOf(value)), field.name)
    fields.push(new Field(field.name, type, true, field.metadata))
    const converted = values.map((value, row) => convert(value, type, field.name, at(row)))
    return [vectorFromArray(converted, type).data[0]]
  })
  const schema = new Schema(fields)
  const data = makeData({ type: new Struct(fields), length: rows.length, nullCount: 0, children: columns })
  return tableToIPC(new Table(schema, new RecordBatch(schema, data)), 'stream')
}

/** The type with only the struct fields that some value gives. */
function pruned(
  type: DataType,
  values: readonly unknown[],
  place: (value: unknown) => string,
  path: string,
): DataType {
  if (type instanceof List) {
    const owner = new Map(
      values.flatMap((value) => (Array.isArray(value) ? value.map((item) => [item, value]) : [])),
    )
    const inner = pruned(type.valueType, [...owner.keys()], (item) => place(owner.get(item)), path)
    return new List(new Field(type.children[0].name, inner, true, type.children[0].metadata))
  }
  if (!(type instanceof Struct)) return type
  const names = type.children.map(({ name }) => name)
  for (const value of values) {
    for (const key of Object.keys(isRow(value) ? value : {})) {
      if (!names.includes(key))
        throw unknownField(
          `${path}.${key}`,
          names.map((name) => `${path}.${name}`),
          place(value),
        )
    }
  }
  const kept = type.children.filter(({ name }) => values.some((value) => isRow(value) && name in value))
  return new Struct(
    kept.map(({ name, type: child, metadata }) => {
      const parts = new Map(values.flatMap((value) => (isRow(value) ? [[value[name], value] as const] : [])))
      const inner = pruned(child, [...parts.keys()], (part) => place(parts.get(part)), `${path}.${name}`)
      return new Field(name, inner, true, metadata)
    }),
  )
}

const isRow = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function convert(value: unknown, type: DataType, path: string, place: string): unknown {
  if (value === undefined || value === null) return null
  const wrong = (wanted: string): SpillwayError =>
    new SpillwayError('CONFIG_INVALID', `${path}: ${wanted} is needed, this is ${JSON.stringify(value)}`, {
      place,
    })
  if (type instanceof List) {
    if (!Array.isArray(value)) throw wrong('a list')
    return value.map((item) => convert(item, type.valueType, path, place))
  }
  if (type instanceof Struct) {
    if (!isRow(value)) throw wrong('a map')
    const parts = type.children.map((child): [string, unknown] => [
      child.name,
      convert(value[child.name], child.type, `${path}.${child.name}`, place),
    ])
    return Object.fromEntries(parts)
  }
  const text = String(type)
  if (/^(Utf8|LargeUtf8|Dictionary)/.test(text)) {
    if (typeof value !== 'string') throw wrong('text')
    return value
  }
  if (text === 'Bool') {
    if (typeof value !== 'boolean') throw wrong('true or false')
    return value
  }
  if (typeof value !== 'number') throw wrong('a number')
  if (!(type instanceof Int)) return value
  if (!Number.isSafeInteger(value)) throw wrong('a whole number')
  return type.bitWidth === 64 ? BigInt(value) : value
}

function unknownField(name: string, names: Iterable<string>, place: string): SpillwayError {
  const known = [...names]
  const near = nearest(name, known)
  const hint = near.length > 0 ? `; did you mean ${near.join(' or ')}?` : ''
  return new SpillwayError('CONFIG_INVALID', `the source has no field ${name}${hint}`, {
    place,
    remedy: `Its fields are ${known.join(', ')}.`,
  })
}
