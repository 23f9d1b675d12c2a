import {
  type Cartesian,
  type Cartesian64,
  commonLength,
  emptyCartesian,
  listCount,
  type Offsets,
} from './columns.js'

/** Sum of the four-momenta of each list; an empty list gives zero. */
export function sumLists(p4: Cartesian, offsets: Offsets): Cartesian64 {
  const lists = listCount('sumLists', offsets, commonLength('sumLists', { ...p4 }))
  const out = emptyCartesian(lists)
  for (let l = 0; l < lists; l++) {
    let x = 0
    let y = 0
    let z = 0
    let t = 0
    for (let i = offsets[l]; i < offsets[l + 1]; i++) {
      x += p4.px[i]
      y += p4.py[i]
      z += p4.pz[i]
      t += p4.e[i]
    }
    out.px[l] = x
    out.py[l] = y
    out.pz[l] = z
    out.e[l] = t
  }
  return out
}

/** Sum of two sets of four-momenta, element by element. */
export function addPairs(a: Cartesian, b: Cartesian): Cartesian64 {
  const length = commonLength('addPairs', { 'a.px': a.px, 'a.e': a.e, 'b.px': b.px, 'b.e': b.e })
  const out = emptyCartesian(length)
  for (let i = 0; i < length; i++) {
    out.px[i] = a.px[i] + b.px[i]
    out.py[i] = a.py[i] + b.py[i]
    out.pz[i] = a.pz[i] + b.pz[i]
    out.e[i] = a.e[i] + b.e[i]
  }
  return out
}

/**
 * The four-momenta at `index`, in that order: picks, reorders or repeats. An index of −1 ("none") gives NaN,
 * so that what is computed from it is NaN too.
 */
export function take(p4: Cartesian, index: Int32Array): Cartesian64 {
  const length = commonLength('take', { ...p4 })
  const out = emptyCartesian(index.length)
  for (let k = 0; k < index.length; k++) {
    const i = index[k]
    const known = i >= 0 && i < length
    out.px[k] = known ? p4.px[i] : Number.NaN
    out.py[k] = known ? p4.py[i] : Number.NaN
    out.pz[k] = known ? p4.pz[i] : Number.NaN
    out.e[k] = known ? p4.e[i] : Number.NaN
  }
  return out
}
