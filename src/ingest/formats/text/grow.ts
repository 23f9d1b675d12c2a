/** A column that grows by doubling. */
export class Doubles {
  values = new Float64Array(1024)
  length = 0

  push(value: number): void {
    if (this.length === this.values.length) {
      const more = new Float64Array(this.length * 2)
      more.set(this.values)
      this.values = more
    }
    this.values[this.length++] = value
  }

  /** The first `count` values, which leave the column. */
  shift(count: number): Float64Array {
    const out = this.values.slice(0, count)
    this.values.copyWithin(0, count, this.length)
    this.length -= count
    return out
  }
}

/** A column of integers that grows by doubling. */
export class Integers {
  values = new Int32Array(1024)
  length = 0

  push(value: number): void {
    if (this.length === this.values.length) {
      const more = new Int32Array(this.length * 2)
      more.set(this.values)
      this.values = more
    }
    this.values[this.length++] = value
  }

  /** The first `count` values, which leave the column. */
  shift(count: number): Int32Array {
    const out = this.values.slice(0, count)
    this.values.copyWithin(0, count, this.length)
    this.length -= count
    return out
  }
}

/** Offsets of the first `rows` lists, from 0 on, out of their ends counted over all that is kept. */
export function takeOffsets(ends: Integers, rows: number): Int32Array {
  const offsets = new Int32Array(rows + 1)
  offsets.set(ends.shift(rows), 1)
  const last = offsets[rows]
  for (let i = 0; i < ends.length; i++) ends.values[i] -= last
  return offsets
}
