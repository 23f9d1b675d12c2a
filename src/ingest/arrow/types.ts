import type { ColumnType } from '../columns.js'

/** Arrow's `Type` union (Schema.fbs); the numbers are those on the wire. */
export const Type = {
  null: 1,
  int: 2,
  float: 3,
  binary: 4,
  utf8: 5,
  bool: 6,
  decimal: 7,
  date: 8,
  time: 9,
  timestamp: 10,
  interval: 11,
  list: 12,
  struct: 13,
  union: 14,
  fixedBinary: 15,
  fixedList: 16,
  map: 17,
  duration: 18,
  largeBinary: 19,
  largeUtf8: 20,
  largeList: 21,
  runEnd: 22,
  binaryView: 23,
  utf8View: 24,
  listView: 25,
  largeListView: 26,
} as const

export type Parameter = number | boolean | string | readonly number[]
export type ParameterKind = 'i16' | 'i32' | 'bool' | 'string' | 'i32s'

/** The fields of each type's table in Schema.fbs, in slot order, with the defaults they have when absent. */
export const typeParameters: Readonly<Record<number, readonly (readonly [ParameterKind, Parameter])[]>> = {
  [Type.int]: [
    ['i32', 0],
    ['bool', false],
  ],
  [Type.float]: [['i16', 0]],
  [Type.decimal]: [
    ['i32', 0],
    ['i32', 0],
    ['i32', 128],
  ],
  [Type.date]: [['i16', 1]],
  [Type.time]: [
    ['i16', 1],
    ['i32', 32],
  ],
  [Type.timestamp]: [
    ['i16', 0],
    ['string', ''],
  ],
  [Type.interval]: [['i16', 0]],
  [Type.union]: [
    ['i16', 0],
    ['i32s', []],
  ],
  [Type.fixedBinary]: [['i32', 0]],
  [Type.fixedList]: [['i32', 0]],
  [Type.map]: [['bool', false]],
  [Type.duration]: [['i16', 1]],
}

/** A type as the wire has it: its number and the values of its table's fields. */
export interface ArrowType {
  readonly id: number
  readonly parameters: readonly Parameter[]
}

/** Buffers and children of a node, as far as reading and cutting need to know (Arrow columnar format, "Buffer Listing"). */
export type Layout =
  | 'null'
  | 'bits'
  | 'fixed'
  | 'bytes'
  | 'large bytes'
  | 'list'
  | 'large list'
  | 'fixed list'
  | 'struct'
  | 'opaque'

const layouts: Readonly<Record<number, Layout>> = {
  [Type.null]: 'null',
  [Type.int]: 'fixed',
  [Type.float]: 'fixed',
  [Type.binary]: 'bytes',
  [Type.utf8]: 'bytes',
  [Type.bool]: 'bits',
  [Type.decimal]: 'fixed',
  [Type.date]: 'fixed',
  [Type.time]: 'fixed',
  [Type.timestamp]: 'fixed',
  [Type.interval]: 'fixed',
  [Type.list]: 'list',
  [Type.struct]: 'struct',
  [Type.fixedBinary]: 'fixed',
  [Type.fixedList]: 'fixed list',
  [Type.map]: 'list',
  [Type.duration]: 'fixed',
  [Type.largeBinary]: 'large bytes',
  [Type.largeUtf8]: 'large bytes',
  [Type.largeList]: 'large list',
}

export function layoutOf(type: ArrowType): Layout {
  return layouts[type.id] ?? 'opaque'
}

/** Bytes of one value of a `fixed` layout, items of one value of a `fixed list`, else 0; -1 where the type is none of Arrow's. */
export function widthOf(type: ArrowType): number {
  const [first, second, third] = type.parameters
  switch (type.id) {
    case Type.int:
      return [8, 16, 32, 64].includes(first as number) ? (first as number) / 8 : -1
    case Type.float:
      return [2, 4, 8][first as number] ?? -1
    case Type.decimal:
      return [32, 64, 128, 256].includes(third as number) ? (third as number) / 8 : -1
    case Type.date:
      return [4, 8][first as number] ?? -1
    case Type.time:
      return [32, 64].includes(second as number) ? (second as number) / 8 : -1
    case Type.interval:
      return [4, 8, 16][first as number] ?? -1
    case Type.timestamp:
    case Type.duration:
      return 8
    case Type.fixedBinary:
    case Type.fixedList:
      return (first as number) < 0 ? -1 : (first as number)
    default:
      return 0
  }
}

/** The column type that a flat Arrow type is read as, or `null` where there is none. */
export function columnTypeOf(type: ArrowType): ColumnType | null {
  switch (type.id) {
    case Type.int:
      return `${type.parameters[1] === true ? '' : 'u'}int${type.parameters[0] as 8 | 16 | 32 | 64}`
    case Type.float:
      return ([null, 'float32', 'float64'] as const)[type.parameters[0] as number] ?? null
    case Type.bool:
      return 'bool'
    case Type.utf8:
    case Type.largeUtf8:
      return 'utf8'
    default:
      return null
  }
}

/** The Arrow type that a column is written as. */
export function arrowTypeOf(type: ColumnType): ArrowType {
  if (type === 'utf8') return { id: Type.utf8, parameters: [] }
  if (type === 'bool') return { id: Type.bool, parameters: [] }
  if (type.startsWith('float')) return { id: Type.float, parameters: [type === 'float32' ? 1 : 2] }
  return { id: Type.int, parameters: [Number(/\d+/.exec(type)![0]), type.startsWith('int')] }
}

/** A type's name for messages to people: `list`, `decimal`, `timestamp`. */
export function typeName(type: ArrowType): string {
  if (type.id === Type.float)
    return ['float16', 'float32', 'float64'][type.parameters[0] as number] ?? 'float'
  const name = Object.entries(Type).find(([, id]) => id === type.id)?.[0]
  return columnTypeOf(type) ?? name ?? `type ${type.id}`
}
