import { BigEndian, textBytes } from './big-endian.js'

export interface KeyParts {
  readonly cls: string
  readonly name: string
  readonly title: string
  /** Bytes of the object, unpacked, and as they stand in the file. */
  readonly objectBytes: number
  readonly storedBytes: number
  readonly position: number
  readonly cycle: number
  /** Bytes that follow the key's own and count as part of it. */
  readonly extra?: number
}

/** Length of a key with 64-bit positions. */
export const keyBytes = (cls: string, name: string, title: string): number =>
  34 + textBytes(cls) + textBytes(name) + textBytes(title)

/** A TKey with 64-bit positions; the directory it belongs to is the file's own, at byte 100. */
export function keyOf({
  cls,
  name,
  title,
  objectBytes,
  storedBytes,
  position,
  cycle,
  extra = 0,
}: KeyParts): BigEndian {
  const length = keyBytes(cls, name, title) + extra
  return new BigEndian()
    .i32(length + storedBytes)
    .u16(1004)
    .i32(objectBytes, datime)
    .u16(length)
    .u16(cycle)
    .i64(position, 100)
    .text(cls)
    .text(name)
    .text(title)
}

/** 1 January 2000, 0:00: files with the same events are the same files. */
export const datime = ((2000 - 1995) << 26) | (1 << 22) | (1 << 17)
