import type { SchemaElement } from 'hyparquet'
import type { ColumnType } from '../../columns.js'
import { unreadable } from '../shared/damage.js'
import { limits } from '../shared/limits.js'
import type { Shape } from '../shared/node.js'

/** How one stored column maps onto Dremel's repetition and definition levels (Melnik et al., VLDB 2010). */
export interface LeafPlan {
  /** Index among the column chunks of a row group. */
  readonly chunk: number
  readonly path: string
  readonly type: ColumnType
  readonly element: SchemaElement
  readonly maxDef: number
  /** For each list around the leaf, from outside in: the definition level from which an item is there. */
  readonly itemDef: readonly number[]
}

/** A top-level column: its form and the stored columns under it, in the order of the form's leaves. */
export interface FieldPlan {
  readonly shape: Shape
  readonly leaves: readonly LeafPlan[]
}

export interface SchemaPlan {
  readonly fields: readonly FieldPlan[]
  /** Top-level columns of kinds that have no place in events (maps, decimals, INT96 …), with the reason. */
  readonly skipped: ReadonlyMap<string, string>
}

interface TreeNode {
  readonly element: SchemaElement
  readonly children: readonly TreeNode[]
  /** Chunk index of a leaf. */
  readonly chunk: number
}

/** Reads the flat schema list of a Parquet footer. @throws SpillwayError FILE_UNREADABLE for an impossible tree. */
export function planSchema(schema: readonly SchemaElement[], place: string): SchemaPlan {
  const root = schemaTree(schema, place)
  const fields: FieldPlan[] = []
  const skipped = new Map<string, string>()
  for (const child of root.children) {
    const leaves: LeafPlan[] = []
    const shape = visit(child, { path: '', def: 0, itemDef: [] }, leaves)
    if (typeof shape === 'string') skipped.set(child.element.name, shape)
    else fields.push({ shape, leaves })
  }
  return { fields, skipped }
}

function schemaTree(schema: readonly SchemaElement[], place: string): TreeNode {
  let next = 0
  let chunk = 0
  const take = (depth: number): TreeNode => {
    const element = schema[next++]
    if (element === undefined || depth > 32) throw unreadable('the schema tree does not close', place)
    if (element.type !== undefined) return { element, children: [], chunk: chunk++ }
    const count = element.num_children ?? 0
    if (count < 0 || count > limits.columns) throw unreadable(`a group of ${count} columns`, place)
    return { element, children: Array.from({ length: count }, () => take(depth + 1)), chunk: -1 }
  }
  return take(0)
}

interface Around {
  readonly path: string
  readonly def: number
  readonly itemDef: readonly number[]
}

/** The shape of a node, or why there is none. Leaves met are appended to `leaves`. */
function visit(node: TreeNode, around: Around, leaves: LeafPlan[]): Shape | string {
  const { element } = node
  const repeated = element.repetition_type === 'REPEATED'
  const def =
    around.def + (element.repetition_type === 'REQUIRED' || element.repetition_type === undefined ? 0 : 1)
  const path = around.path === '' ? element.name : `${around.path}.${element.name}`
  const inside = { path, def, itemDef: repeated ? [...around.itemDef, def] : around.itemDef }
  const shape = visitOne(node, inside, leaves)
  if (typeof shape === 'string' || !repeated) return shape
  return { kind: 'list', name: element.name, item: shape }
}

function visitOne(node: TreeNode, inside: Around, leaves: LeafPlan[]): Shape | string {
  const { element, children } = node
  if (element.type !== undefined) {
    const type = leafType(element)
    if (type === undefined) return `${inside.path} is ${element.converted_type ?? element.type}`
    leaves.push({
      chunk: node.chunk,
      path: inside.path,
      type,
      element,
      maxDef: inside.def,
      itemDef: inside.itemDef,
    })
    return { kind: 'leaf', name: element.name, type }
  }
  if (element.converted_type === 'MAP' || element.logical_type?.type === 'MAP')
    return `${inside.path} is a map`
  if (isList(element) && children.length === 1 && children[0].element.repetition_type === 'REPEATED') {
    return visitList(node, inside, leaves)
  }
  if (children.length === 0) return `${inside.path} is an empty group`
  const shapes: Shape[] = []
  for (const child of children) {
    const shape = visit(child, inside, leaves)
    if (typeof shape === 'string') return shape
    shapes.push(shape)
  }
  return { kind: 'struct', name: element.name, children: shapes }
}

/** Three-level lists and the two-level ones of old writers, by the rules of Parquet's LogicalTypes.md. */
function visitList(node: TreeNode, inside: Around, leaves: LeafPlan[]): Shape | string {
  const repeated = node.children[0]
  const { name } = repeated.element
  const twoLevel = repeated.children.length !== 1 || name === 'array' || name === `${node.element.name}_tuple`
  if (twoLevel) {
    const list = visit(repeated, inside, leaves)
    return typeof list === 'string' ? list : { ...list, name: node.element.name }
  }
  const def = inside.def + 1
  const item = visit(
    repeated.children[0],
    { path: inside.path, def, itemDef: [...inside.itemDef, def] },
    leaves,
  )
  if (typeof item === 'string') return item
  return { kind: 'list', name: node.element.name, item: { ...item, name: 'item' } }
}

const isList = ({ converted_type, logical_type }: SchemaElement): boolean =>
  converted_type === 'LIST' || logical_type?.type === 'LIST'

const converted: Readonly<Record<string, ColumnType>> = {
  INT_8: 'int8',
  INT_16: 'int16',
  INT_32: 'int32',
  INT_64: 'int64',
  UINT_8: 'uint8',
  UINT_16: 'uint16',
  UINT_32: 'uint32',
  UINT_64: 'uint64',
  UTF8: 'utf8',
  ENUM: 'utf8',
  JSON: 'utf8',
  DATE: 'int32',
  TIME_MILLIS: 'int32',
  TIME_MICROS: 'int64',
  TIMESTAMP_MILLIS: 'int64',
  TIMESTAMP_MICROS: 'int64',
}

function leafType(element: SchemaElement): ColumnType | undefined {
  const { type, converted_type, logical_type } = element
  if (converted_type === 'DECIMAL' || logical_type?.type === 'DECIMAL') return undefined
  if (type === 'BOOLEAN') return 'bool'
  if (type === 'FLOAT') return 'float32'
  if (type === 'DOUBLE') return 'float64'
  if (type === 'FIXED_LEN_BYTE_ARRAY') return logical_type?.type === 'FLOAT16' ? 'float32' : undefined
  if (type === 'BYTE_ARRAY') return 'utf8'
  if (type !== 'INT32' && type !== 'INT64') return undefined
  if (logical_type?.type === 'INTEGER') {
    return `${logical_type.isSigned ? 'int' : 'uint'}${logical_type.bitWidth}` as ColumnType
  }
  const width = type === 'INT32' ? 'int32' : 'int64'
  return converted_type === undefined ? width : (converted[converted_type] ?? width)
}
