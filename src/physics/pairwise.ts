import { type Cartesian, commonLength, listCount, type Offsets, requireOption } from './columns.js'
import { deltaPhi } from './delta-phi.js'
import { rapidity } from './rapidity.js'

/** What is smaller is lifted to this before a logarithm is taken, as in the published model. */
export const PAIR_FLOOR = 1e-8

/** The four features of a pair, in the order of the tensor. */
export const PAIR_FEATURES = ['lnKt', 'lnZ', 'lnDelta', 'lnM2'] as const

/**
 * Pair features of the Particle Transformer (Qu, Li, Qian, arXiv:2202.03772, eq. 3–6), for particles a and b
 * of a list: Δ = √((y_a − y_b)² + (φ_a − φ_b)²), kT = min(pT_a, pT_b) Δ, z = min(pT_a, pT_b) / (pT_a + pT_b),
 * m² = (E_a + E_b)² − |p_a + p_b|². The logarithms of kT, z, Δ and m² (GeV, rad), each lifted to {@link
 * PAIR_FLOOR} first.
 *
 * The answer is the tensor [lists, 4, length, length] that the model reads: particles beyond `length` are
 * left out, the entries of missing ones are 0. It is written into `out` when given (of that size), else into
 * a new array. Features of particles that are not finite are NaN.
 */
export function pairwiseFeatures(
  p4: Cartesian,
  offsets: Offsets,
  length: number,
  out?: Float32Array,
): Float32Array {
  const size = commonLength('pairwiseFeatures', { px: p4.px, py: p4.py, pz: p4.pz, e: p4.e })
  const lists = listCount('pairwiseFeatures', offsets, size)
  requireOption(
    'pairwiseFeatures',
    Number.isInteger(length) && length >= 0,
    `length is ${length}, must be an integer from 0`,
  )
  const plane = length * length
  const tensor = out ?? new Float32Array(lists * 4 * plane)
  requireOption('pairwiseFeatures', tensor.length === lists * 4 * plane, `out has ${tensor.length} entries`)
  tensor.fill(0)
  const { px, py, pz, e } = p4
  const pt = new Float64Array(size)
  const y = new Float64Array(size)
  const phi = new Float64Array(size)
  for (let i = 0; i < size; i++) {
    pt[i] = Math.sqrt(px[i] * px[i] + py[i] * py[i])
    y[i] = rapidity(px[i], py[i], pz[i], e[i])
    phi[i] = Math.atan2(py[i], px[i])
  }
  for (let l = 0; l < lists; l++) {
    const first = offsets[l]
    const n = Math.min(length, offsets[l + 1] - first)
    const base = l * 4 * plane
    for (let i = 0; i < n; i++) {
      const a = first + i
      for (let j = 0; j <= i; j++) {
        const b = first + j
        const dRap = y[a] - y[b]
        const dPhi = deltaPhi(phi[a], phi[b])
        const delta = Math.sqrt(dRap * dRap + dPhi * dPhi)
        const least = Math.min(pt[a], pt[b])
        const sx = px[a] + px[b]
        const sy = py[a] + py[b]
        const sz = pz[a] + pz[b]
        const se = e[a] + e[b]
        const m2 = (se + sz) * (se - sz) - sx * sx - sy * sy
        const at = base + i * length + j
        const mirrored = base + j * length + i
        tensor[at] = tensor[mirrored] = floored(least * delta)
        tensor[at + plane] = tensor[mirrored + plane] = floored(least / Math.max(pt[a] + pt[b], PAIR_FLOOR))
        tensor[at + 2 * plane] = tensor[mirrored + 2 * plane] = floored(delta)
        tensor[at + 3 * plane] = tensor[mirrored + 3 * plane] = floored(m2)
      }
    }
  }
  return tensor
}

/** ln max(x, PAIR_FLOOR); NaN stays NaN. */
function floored(x: number): number {
  return Math.log(Math.max(x, PAIR_FLOOR))
}
