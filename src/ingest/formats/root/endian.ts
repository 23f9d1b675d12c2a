import type { ColumnType, Values } from '../../columns.js'
import { type NumberType, viewAs, widthOf } from '../../typed-arrays.js'

/** Big-endian bytes as native values, turned in place: `bytes` must not be used afterwards. */
export function fromBigEndian(type: ColumnType, bytes: Uint8Array): Values {
  const width = widthOf(type as NumberType)
  const length = Math.floor(bytes.length / width)
  const values = viewAs(type as NumberType, bytes, length)
  const turn = Buffer.from(values.buffer, values.byteOffset, length * width)
  if (width === 2) turn.swap16()
  else if (width === 4) turn.swap32()
  else if (width === 8) turn.swap64()
  return values
}
