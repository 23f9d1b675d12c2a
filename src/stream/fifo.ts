/** Places left behind by what was taken before they are given up. */
const WASTE = 1_024

/** First in, first out, in constant time. What was taken is let go of at once: it may hold megabytes. */
export class Fifo<T> {
  #items: (T | undefined)[] = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  /** The i-th from the front. @param index Below `length`. */
  at(index: number): T {
    return this.#items[this.#head + index]!
  }

  push(item: T): void {
    this.#items.push(item)
  }

  /** Takes the first. Call it only while `length` is positive. */
  shift(): T {
    const item = this.#items[this.#head]!
    this.#items[this.#head++] = undefined
    if (this.#head > WASTE && this.#head * 2 > this.#items.length) this.#restart()
    return item
  }

  /** Puts these in front of all, in their order. */
  unshift(items: readonly T[]): void {
    this.#restart()
    this.#items = [...items, ...this.#items]
  }

  #restart(): void {
    this.#items = this.#items.slice(this.#head)
    this.#head = 0
  }
}
