import { commonLength, type EtaPhi, listCount, type Offsets, requireOption } from './columns.js'
import { deltaPhi } from './delta-phi.js'

/**
 * Nearest neighbours of each element within its list: those of element i (counted over the batch) are
 * `neighbour[offsets[i]]` up to `neighbour[offsets[i + 1]]`, counted within the list, nearest first.
 */
export interface Neighbours {
  readonly offsets: Offsets
  readonly neighbour: Int32Array
}

/**
 * The k nearest other elements of each element in (η, φ), across the φ seam: the graphs of ParticleNet (Qu,
 * Gouskos, arXiv:1902.08570). An element of a list with n ≤ k elements has n − 1 neighbours. Equal distances
 * go to the smaller number; elements with NaN come after all others.
 */
export function nearestNeighbours(points: EtaPhi, lists: Offsets, k: number): Neighbours {
  const { eta, phi } = points
  const length = commonLength('nearestNeighbours', { eta, phi })
  const count = listCount('nearestNeighbours', lists, length)
  requireOption('nearestNeighbours', Number.isInteger(k) && k >= 1, `k is ${k}, must be an integer from 1`)
  const offsets = new Int32Array(length + 1)
  for (let l = 0; l < count; l++) {
    const each = Math.max(0, Math.min(k, lists[l + 1] - lists[l] - 1))
    for (let i = lists[l]; i < lists[l + 1]; i++) offsets[i + 1] = each
  }
  for (let i = 0; i < length; i++) offsets[i + 1] += offsets[i]
  const neighbour = new Int32Array(offsets[length])
  const distance = new Float64Array(k)
  for (let l = 0; l < count; l++) {
    const first = lists[l]
    const end = lists[l + 1]
    for (let i = first; i < end; i++) {
      const begin = offsets[i]
      const room = offsets[i + 1] - begin
      let found = 0
      for (let j = first; j < end; j++) {
        if (j === i) continue
        const dEta = eta[i] - eta[j]
        const dPhi = deltaPhi(phi[i], phi[j])
        const d2 = dEta * dEta + dPhi * dPhi
        const d = Number.isNaN(d2) ? Infinity : d2
        if (found === room && d >= distance[room - 1]) continue
        let at = found < room ? found++ : room - 1
        for (; at > 0 && distance[at - 1] > d; at--) {
          distance[at] = distance[at - 1]
          neighbour[begin + at] = neighbour[begin + at - 1]
        }
        distance[at] = d
        neighbour[begin + at] = j - first
      }
    }
  }
  return { offsets, neighbour }
}
