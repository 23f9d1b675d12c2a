/** Codes into a dictionary; -1 (or any code outside it) where the string is null. */
export interface Strings {
  readonly codes: Int32Array
  readonly dictionary: readonly string[]
}

/**
 * The working memory of one compiled expression: an array for each depth of the tree and kind of value, kept from
 * batch to batch and grown to the largest one seen. Arrays given may be longer than asked and hold old values.
 */
export class Registers {
  readonly #numbers: Float64Array[] = []
  readonly #bools: Uint8Array[] = []
  readonly #codes: Int32Array[] = []

  numbers(depth: number, length: number): Float64Array {
    const held = this.#numbers[depth]
    if (held !== undefined && held.length >= length) return held
    this.#numbers[depth] = new Float64Array(roomFor(length))
    return this.#numbers[depth]
  }

  bools(depth: number, length: number): Uint8Array {
    const held = this.#bools[depth]
    if (held !== undefined && held.length >= length) return held
    this.#bools[depth] = new Uint8Array(roomFor(length))
    return this.#bools[depth]
  }

  codes(depth: number, length: number): Int32Array {
    const held = this.#codes[depth]
    if (held !== undefined && held.length >= length) return held
    this.#codes[depth] = new Int32Array(roomFor(length))
    return this.#codes[depth]
  }
}

/** A quarter more, so that batches that vary in size soon stop growing it. */
function roomFor(length: number): number {
  return Math.ceil(length * 1.25)
}
