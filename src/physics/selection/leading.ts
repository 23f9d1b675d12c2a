import { type Column, listCount, type Offsets } from '../columns.js'

/**
 * The elements with the largest values (usually pT) of each list: entry `l * count + k` is the element
 * (counted over the batch) with the k-th largest value in list l, −1 where the list is shorter. Equal values
 * keep their order; NaN is never chosen.
 */
export function leading(values: Column, offsets: Offsets, count: number): Int32Array {
  const lists = listCount('leading', offsets, values.length)
  const out = new Int32Array(lists * count).fill(-1)
  for (let l = 0; l < lists; l++) {
    const begin = l * count
    for (let i = offsets[l]; i < offsets[l + 1]; i++) {
      const value = values[i]
      if (Number.isNaN(value)) continue
      let at = begin + count
      while (at > begin && (out[at - 1] < 0 || values[out[at - 1]] < value)) at--
      if (at === begin + count) continue
      out.copyWithin(at + 1, at, begin + count - 1)
      out[at] = i
    }
  }
  return out
}

/** Column `k` of what {@link leading} gives: the k-th element of each list. */
export function nthLeading(index: Int32Array, count: number, k: number): Int32Array {
  return Int32Array.from({ length: index.length / count }, (_, l) => index[l * count + k])
}
