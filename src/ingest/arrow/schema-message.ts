import type { Flat } from './flat.js'
import { tooLarge, undecodable } from './limits.js'
import { type ArrowType, type Parameter, typeParameters, widthOf } from './types.js'

const maxFields = 16_384
const maxDepth = 64

export interface DictionaryEncoding {
  readonly id: bigint
  readonly index: ArrowType
  readonly ordered: boolean
}

/** A field as the schema message has it; nothing of it is lost, so that it can be written again. */
export interface Field {
  readonly name: string
  readonly nullable: boolean
  readonly type: ArrowType
  readonly dictionary: DictionaryEncoding | null
  readonly children: readonly Field[]
  readonly metadata: ReadonlyMap<string, string>
}

export interface ArrowSchema {
  readonly fields: readonly Field[]
  readonly metadata: ReadonlyMap<string, string>
}

/** Reads the Schema table (Schema.fbs) at `table`. @throws SpillwayError MESSAGE_UNDECODABLE, MESSAGE_TOO_LARGE. */
export function readSchema(flat: Flat, table: number): ArrowSchema {
  const endianness = flat.field(table, 0)
  if (endianness !== 0 && flat.i16(endianness) !== 0)
    throw undecodable('the stream is big-endian, or its endianness is unknown', `byte ${endianness}`)
  const budget = { fields: maxFields }
  return {
    fields: readFields(flat, flat.field(table, 1), budget, 0),
    metadata: readPairs(flat, flat.field(table, 2)),
  }
}

function readFields(flat: Flat, at: number, budget: { fields: number }, depth: number): readonly Field[] {
  if (at === 0) return []
  const first = flat.vector(at, 4)
  const count = flat.count(first)
  budget.fields -= count
  if (budget.fields < 0 || depth > maxDepth)
    throw tooLarge(`a schema has more than ${maxFields} fields or ${maxDepth} levels`, `byte ${first}`)
  return Array.from({ length: count }, (_, i) => readField(flat, flat.table(first + 4 * i), budget, depth))
}

function readField(flat: Flat, table: number, budget: { fields: number }, depth: number): Field {
  const name = flat.field(table, 0)
  const nullable = flat.field(table, 1)
  const id = flat.field(table, 2)
  return {
    name: name === 0 ? '' : flat.string(name),
    nullable: nullable !== 0 && flat.u8(nullable) !== 0,
    type: readType(flat, id === 0 ? 0 : flat.u8(id), flat.field(table, 3), table),
    dictionary: readEncoding(flat, flat.field(table, 4)),
    children: readFields(flat, flat.field(table, 5), budget, depth + 1),
    metadata: readPairs(flat, flat.field(table, 6)),
  }
}

function readType(flat: Flat, id: number, at: number, near: number): ArrowType {
  if (id === 0 || at === 0) throw undecodable('a field has no type', `byte ${near}`)
  const table = flat.table(at)
  const parameters = (typeParameters[id] ?? []).map(([kind, absent], slot): Parameter => {
    const value = flat.field(table, slot)
    if (value === 0) return absent
    if (kind === 'i16') return flat.i16(value)
    if (kind === 'i32') return flat.i32(value)
    if (kind === 'bool') return flat.u8(value) !== 0
    if (kind === 'string') return flat.string(value)
    const first = flat.vector(value, 4)
    if (flat.count(first) > 128) throw undecodable('a union has more than 128 types', `byte ${value}`)
    return Array.from({ length: flat.count(first) }, (_, i) => flat.i32(first + 4 * i))
  })
  const type = { id, parameters }
  if (widthOf(type) < 0)
    throw undecodable(`a field has an impossible type ${id}(${parameters})`, `byte ${table}`)
  return type
}

function readEncoding(flat: Flat, at: number): DictionaryEncoding | null {
  if (at === 0) return null
  const table = flat.table(at)
  const id = flat.field(table, 0)
  const index = flat.field(table, 1)
  const ordered = flat.field(table, 2)
  return {
    id: id === 0 ? 0n : flat.bigint(id),
    // Schema.fbs: "must be present, else int32".
    index: index === 0 ? { id: 2, parameters: [32, true] } : readType(flat, 2, index, table),
    ordered: ordered !== 0 && flat.u8(ordered) !== 0,
  }
}

function readPairs(flat: Flat, at: number): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>()
  if (at === 0) return pairs
  const first = flat.vector(at, 4)
  for (let i = 0; i < flat.count(first); i++) {
    const table = flat.table(first + 4 * i)
    const key = flat.field(table, 0)
    const value = flat.field(table, 1)
    if (key !== 0) pairs.set(flat.string(key), value === 0 ? '' : flat.string(value))
  }
  return pairs
}
