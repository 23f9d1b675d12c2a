const NONE = -1
const TWO_PI = 2 * Math.PI
/** Rapidities beyond this share the outermost tiles; distances there are still computed, so nothing is lost. */
const MAX_RAPIDITY = 10

/**
 * The rapidity–azimuth cylinder cut into tiles of at least R on each side, each with a linked list of the slots in it.
 * Slots with NaN as rapidity belong to a tile of their own (number 0) that nobody has as neighbour.
 */
export class TileGrid {
  /** First slot of each tile and the slot after each slot; −1 ends a list. */
  head = new Int32Array()
  next = new Int32Array()
  /** Nine entries a tile: itself and the tiles around it; −1 where there is none. */
  around = new Int32Array()
  #previous = new Int32Array()
  #tiles = new Int32Array()
  #low = 0
  #rows = 0
  #columns = 0
  #height = 0

  /** Starts anew with slots 0 to n − 1. R must be at most 2π/3. */
  build(rap: Float64Array, phi: Float64Array, n: number, radius: number): void {
    const side = Math.max(0.1, radius)
    this.#columns = Math.max(3, Math.floor(TWO_PI / side))
    this.#height = side
    let low = Infinity
    let high = -Infinity
    for (let i = 0; i < n; i++) {
      if (rap[i] < low) low = rap[i]
      if (rap[i] > high) high = rap[i]
    }
    this.#low = Math.max(-MAX_RAPIDITY, Math.min(low, MAX_RAPIDITY))
    const span = Math.max(0, Math.min(high, MAX_RAPIDITY) - this.#low)
    this.#rows = 1 + Math.floor(span / side)
    this.#layout(n)
    for (let i = 0; i < n; i++) this.insert(i, rap[i], phi[i])
  }

  tileOf(slot: number): number {
    return this.#tiles[slot]
  }

  insert(slot: number, rap: number, phi: number): void {
    const tile = this.#tileAt(rap, phi)
    this.#tiles[slot] = tile
    const after = this.head[tile]
    this.next[slot] = after
    this.#previous[slot] = NONE
    if (after !== NONE) this.#previous[after] = slot
    this.head[tile] = slot
  }

  remove(slot: number): void {
    const before = this.#previous[slot]
    const after = this.next[slot]
    if (before === NONE) this.head[this.#tiles[slot]] = after
    else this.next[before] = after
    if (after !== NONE) this.#previous[after] = before
  }

  #tileAt(rap: number, phi: number): number {
    if (Number.isNaN(rap)) return 0
    const row = Math.min(this.#rows - 1, Math.max(0, Math.floor((rap - this.#low) / this.#height)))
    const turn = phi < 0 ? phi + TWO_PI : phi
    const column = Math.min(this.#columns - 1, Math.floor((turn / TWO_PI) * this.#columns))
    return 1 + row * this.#columns + column
  }

  #layout(n: number): void {
    const tiles = 1 + this.#rows * this.#columns
    if (n > this.next.length) {
      this.next = new Int32Array(2 * n)
      this.#previous = new Int32Array(2 * n)
      this.#tiles = new Int32Array(2 * n)
    }
    if (tiles > this.head.length) {
      this.head = new Int32Array(2 * tiles)
      this.around = new Int32Array(18 * tiles)
    }
    this.head.fill(NONE, 0, tiles)
    this.around.fill(NONE, 0, 9 * tiles)
    for (let row = 0; row < this.#rows; row++) {
      for (let column = 0; column < this.#columns; column++) {
        let at = 9 * (1 + row * this.#columns + column)
        for (let r = Math.max(0, row - 1); r <= Math.min(this.#rows - 1, row + 1); r++) {
          for (let turn = -1; turn <= 1; turn++) {
            this.around[at++] = 1 + r * this.#columns + ((column + turn + this.#columns) % this.#columns)
          }
        }
      }
    }
  }
}
