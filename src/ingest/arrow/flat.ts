import { undecodable } from './limits.js'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads the flatbuffer that lies in bytes `start` to `end` of a message; every access is bounds-checked.
 *
 * Tables, fields and vectors are absolute byte positions in the message, so that an error can name the byte. Offsets
 * in flatbuffers only point forward, so walking them ends; but several may point at one place, so whoever walks a
 * tree bounds its size.
 *
 * Every method throws MESSAGE_UNDECODABLE where the bytes do not hold what is asked for.
 */
export class Flat {
  #stringBytes: number

  constructor(
    readonly view: DataView,
    readonly start: number,
    readonly end: number,
  ) {
    // Strings that share bytes could add up to the square of the message; honest writers share few.
    this.#stringBytes = 8 * (end - start)
  }

  /** Position of the root table. */
  root(): number {
    return this.table(this.start)
  }

  /** Position of the table that the offset at `at` points to. */
  table(at: number): number {
    const table = this.#follow(at)
    const vtable = table - this.i32(table)
    const size = this.u16(vtable)
    if (size < 4 || vtable + size > this.end || table + this.u16(vtable + 2) > this.end)
      throw this.#broken('table', table)
    return table
  }

  /** Position of field `index` of a table, or 0 where the table has none. */
  field(table: number, index: number): number {
    const vtable = table - this.view.getInt32(table, true)
    const entry = 4 + 2 * index
    if (entry + 2 > this.view.getUint16(vtable, true)) return 0
    const offset = this.view.getUint16(vtable + entry, true)
    return offset === 0 ? 0 : table + offset
  }

  /** Position of the first element of the vector that the offset at `at` points to; see `count`. */
  vector(at: number, elementBytes: number): number {
    const vector = this.#follow(at)
    const count = this.u32(vector)
    if (vector + 4 + count * elementBytes > this.end) throw this.#broken('vector', vector)
    return vector + 4
  }

  /** Elements of the vector whose first element is at `vector`. */
  count(vector: number): number {
    return this.view.getUint32(vector - 4, true)
  }

  string(at: number): string {
    const first = this.vector(at, 1)
    const length = this.count(first)
    this.#stringBytes -= length
    if (this.#stringBytes < 0) throw this.#broken('string', first)
    try {
      return utf8.decode(new Uint8Array(this.view.buffer, this.view.byteOffset + first, length))
    } catch (cause) {
      throw undecodable('metadata hold a string that is not UTF-8', `byte ${first}`, cause)
    }
  }

  u8(at: number): number {
    this.#need(at, 1)
    return this.view.getUint8(at)
  }

  u16(at: number): number {
    this.#need(at, 2)
    return this.view.getUint16(at, true)
  }

  i16(at: number): number {
    this.#need(at, 2)
    return this.view.getInt16(at, true)
  }

  i32(at: number): number {
    this.#need(at, 4)
    return this.view.getInt32(at, true)
  }

  u32(at: number): number {
    this.#need(at, 4)
    return this.view.getUint32(at, true)
  }

  bigint(at: number): bigint {
    this.#need(at, 8)
    return this.view.getBigInt64(at, true)
  }

  /** A 64-bit integer as a number; beyond 2^53 it is inexact, which no length or offset that fits can be. */
  i64(at: number): number {
    this.#need(at, 8)
    return this.view.getInt32(at + 4, true) * 0x1_0000_0000 + this.view.getUint32(at, true)
  }

  #follow(at: number): number {
    const target = at + this.u32(at)
    if (target === at) throw this.#broken('offset', at)
    this.#need(target, 4)
    return target
  }

  #need(at: number, bytes: number): void {
    if (at < this.start || at + bytes > this.end) throw this.#broken('value', at)
  }

  #broken(what: string, at: number): Error {
    return undecodable(
      `metadata hold a ${what} outside their ${this.end - this.start} bytes`,
      `byte ${Math.max(0, at)}`,
    )
  }
}
