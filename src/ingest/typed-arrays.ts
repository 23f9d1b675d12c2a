import type { ColumnType, Values } from './columns.js'

export type NumberType = Exclude<ColumnType, 'utf8'>

/** The array that holds values of a type; a `bool` is one byte. */
export const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const

/** A new array of `length` zeros for values of a type. */
export const allocate = (type: NumberType, length: number): Values => new ARRAYS[type](length)

/** Bytes of one value. */
export const widthOf = (type: NumberType): number => ARRAYS[type].BYTES_PER_ELEMENT

/** The values in `bytes` without a copy where they are aligned, else with one. */
export function viewAs(type: NumberType, bytes: Uint8Array, length: number): Values {
  const make = ARRAYS[type]
  if (bytes.byteOffset % make.BYTES_PER_ELEMENT === 0)
    return new make(bytes.buffer as ArrayBuffer, bytes.byteOffset, length)
  // Not `slice`, which for a Buffer shares its memory.
  const copy = new Uint8Array(length * make.BYTES_PER_ELEMENT)
  copy.set(bytes.subarray(0, copy.length))
  return new make(copy.buffer, 0, length)
}

/** A copy of the values in `bytes`. */
export function copyAs(type: NumberType, bytes: Uint8Array, length: number): Values {
  // All of it is written here; typed arrays would be filled with zeros first.
  const copy = Buffer.allocUnsafeSlow(length * widthOf(type))
  copy.set(bytes.length === copy.length ? bytes : bytes.subarray(0, copy.length))
  return new ARRAYS[type](copy.buffer as ArrayBuffer, 0, length)
}

/** Several arrays of one type as one. The one itself when there is one. */
export function concatenate(type: NumberType, parts: readonly Values[]): Values {
  if (parts.length === 1) return parts[0]
  const total = parts.reduce((sum, part) => sum + part.length, 0)
  const out = allocate(type, total)
  let at = 0
  for (const part of parts) {
    ;(out as Float64Array).set(part as Float64Array, at)
    at += part.length
  }
  return out
}
