/**
 * A binary heap over slots 0 to n − 1 with changeable values: top() is a slot with the smallest value. A slot is never taken out;
 * give it Infinity. It owns its memory, which grows to the largest n. NaN values are taken as Infinity.
 */
export class MinHeap {
  #size = 0
  #values = new Float64Array()
  /** Slots in heap order, and where each slot is. */
  #slots = new Int32Array()
  #places = new Int32Array()

  /** Starts anew with n slots. */
  build(n: number, value: (slot: number) => number): void {
    if (n > this.#values.length) {
      const capacity = 2 ** Math.ceil(Math.log2(n))
      this.#values = new Float64Array(capacity)
      this.#slots = new Int32Array(capacity)
      this.#places = new Int32Array(capacity)
    }
    this.#size = n
    for (let i = 0; i < n; i++) {
      this.#values[i] = cleaned(value(i))
      this.#slots[i] = i
      this.#places[i] = i
    }
    for (let at = (n >> 1) - 1; at >= 0; at--) this.#down(at)
  }

  top(): number {
    return this.#slots[0]
  }

  value(slot: number): number {
    return this.#values[slot]
  }

  set(slot: number, value: number): void {
    const before = this.#values[slot]
    this.#values[slot] = cleaned(value)
    if (this.#values[slot] < before) this.#up(this.#places[slot])
    else this.#down(this.#places[slot])
  }

  #up(start: number): void {
    let at = start
    const slot = this.#slots[at]
    const value = this.#values[slot]
    while (at > 0) {
      const above = (at - 1) >> 1
      const other = this.#slots[above]
      if (this.#values[other] <= value) break
      this.#slots[at] = other
      this.#places[other] = at
      at = above
    }
    this.#slots[at] = slot
    this.#places[slot] = at
  }

  #down(start: number): void {
    let at = start
    const slot = this.#slots[at]
    const value = this.#values[slot]
    for (;;) {
      let below = 2 * at + 1
      if (below >= this.#size) break
      if (below + 1 < this.#size && this.#values[this.#slots[below + 1]] < this.#values[this.#slots[below]])
        below++
      const other = this.#slots[below]
      if (this.#values[other] >= value) break
      this.#slots[at] = other
      this.#places[other] = at
      at = below
    }
    this.#slots[at] = slot
    this.#places[slot] = at
  }
}

function cleaned(value: number): number {
  return Number.isNaN(value) ? Infinity : value
}
