/** Most bytes kept for later. */
const KEPT_BYTES = 64 << 20
const SMALLEST = 4096

/**
 * Memory that travels to the workers and back. Every message is copied once to be transferred; without this, each copy
 * is memory outside of the heap that a major collection must find again, and those collections cost more than the copy.
 */
export class Buffers {
  readonly #free = new Map<number, ArrayBuffer[]>()
  #kept = 0

  /** The same bytes at the start of a buffer that nobody else has. */
  copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const size = sizeClass(bytes.length)
    const kept = this.#free.get(size)?.pop()
    if (kept !== undefined) this.#kept -= size
    const copy = new Uint8Array(kept ?? new ArrayBuffer(size), 0, bytes.length)
    copy.set(bytes)
    return copy
  }

  /** Takes back a buffer that `copy` made, when nothing refers to it any more. */
  giveBack(buffer: ArrayBuffer): void {
    const size = buffer.byteLength
    if (size !== sizeClass(size) || this.#kept + size > KEPT_BYTES) return
    const kept = this.#free.get(size)
    if (kept === undefined) this.#free.set(size, [buffer])
    else kept.push(buffer)
    this.#kept += size
  }
}

/** Powers of two and the middle between two: a third of a buffer is empty at worst. */
function sizeClass(bytes: number): number {
  if (bytes <= SMALLEST) return SMALLEST
  const power = 2 ** Math.ceil(Math.log2(bytes))
  return bytes <= power * 0.75 ? power * 0.75 : power
}
