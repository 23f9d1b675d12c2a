import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { fromPtEtaPhiE } from '#spillway/physics/convert.js'
import { Clusterer } from '#spillway/physics/jets/clusterer.js'
import { cambridgeAachen, WHOLE_JET } from '#spillway/physics/jets/definition.js'
import { energyCorrelators } from '#spillway/physics/jets/energy-correlators.js'
import { LN_FLOOR, lundTree, primaryLundPlane } from '#spillway/physics/jets/lund.js'
import { lundGraph } from '#spillway/physics/jets/lund-graph.js'
import { nSubjettiness } from '#spillway/physics/jets/n-subjettiness.js'
import { softDrop } from '#spillway/physics/jets/soft-drop.js'
import { rapidities } from '#spillway/physics/rapidity.js'
import { transverseMomenta } from '#spillway/physics/transverse-momentum.js'
import { readJets } from '../support/arrow-jets.mjs'
import { need } from '../support/need.js'
import { f64, momenta, runPython, worstDifference } from './support.js'

const file = fileURLToPath(new URL('../data/largeR_jets_small.arrow', import.meta.url))
const { constituents, offsets, jet } = readJets(file, 400)
const p4 = fromPtEtaPhiE(constituents)
const clusterer = new Clusterer()
const tree = clusterer.cluster(p4, offsets, cambridgeAachen(WHOLE_JET))

/** Massless particles with the pT, y, φ given: one list. */
const particles = (...rows: readonly (readonly [number, number, number])[]) =>
  momenta(
    ...rows.map(
      ([pt, y, phi]) =>
        [pt * Math.cos(phi), pt * Math.sin(phi), pt * Math.sinh(y), pt * Math.cosh(y)] as [
          number,
          number,
          number,
          number,
        ],
    ),
  )
const recluster = (p: ReturnType<typeof particles>, lists = Int32Array.of(0, p.px.length)) =>
  clusterer.cluster(p, lists, cambridgeAachen(WHOLE_JET))

describe.skipIf(!need('python', ['numpy', 'fastjet', 'awkward', 'vector']))('substructure of FastJet', () => {
  const grooming = {
    mmdt: { beta: 0, zCut: 0.1 },
    beta1: { beta: 1, zCut: 0.05 },
    beta2: { beta: 2, zCut: 0.2 },
  }
  const names = Object.keys(grooming).flatMap((k) => [`${k}_mass`, `${k}_zg`, `${k}_rg`])
  let theirs: Record<string, Float64Array>
  beforeAll(() => {
    theirs = runPython('substructure.py', { ...p4, offsets }, [...names, 'taus', 'ecfs'])
  })

  it.each(Object.entries(grooming))('has the same soft drop, %s', (name, options) => {
    const ours = softDrop(tree, options)
    const passed = ours.zg.map((z) => (z > 0 ? 1 : 0))
    expect(passed.reduce((a, b) => a + b)).toBeGreaterThan(350)
    const masked = (column: Float64Array) => column.filter((_, i) => passed[i] === 1)
    expect(worstDifference(masked(ours.mass), masked(theirs[`${name}_mass`]))).toBeLessThan(1e-6)
    expect(worstDifference(masked(ours.zg), masked(theirs[`${name}_zg`]))).toBeLessThan(1e-10)
    expect(worstDifference(masked(ours.rg), masked(theirs[`${name}_rg`]))).toBeLessThan(1e-10)
  })

  it('has the same N-subjettiness about winner-takes-all kt axes', () => {
    const taus = nSubjettiness(clusterer, p4, offsets)
    const flat = Float64Array.from({ length: 1200 }, (_, i) => taus[i % 3][Math.floor(i / 3)])
    expect(worstDifference(flat, theirs['taus'], 1e-3)).toBeLessThan(1e-8)
  })

  it('has the same energy correlators', () => {
    const direction = { eta: rapidities(p4), phi: constituents.phi }
    const { ecf1, ecf2, ecf3 } = energyCorrelators(transverseMomenta(p4), direction, offsets)
    const flat = Float64Array.from({ length: 1200 }, (_, i) => [ecf1, ecf2, ecf3][i % 3][Math.floor(i / 3)])
    expect(worstDifference(flat, theirs['ecfs'])).toBeLessThan(1e-8)
  })
})

describe('the columns of the sample, made from all particles of a jet', () => {
  const median = (values: Float64Array): number => values.toSorted()[values.length >> 1]
  const off = (ours: ArrayLike<number>, theirs: Float64Array) =>
    median(theirs.map((value, i) => Math.abs(ours[i] / value - 1)))

  it('are near those from its constituents, which lack the softest', () => {
    const taus = nSubjettiness(clusterer, p4, offsets)
    expect(off(taus[0], jet['tau1'])).toBeLessThan(0.06)
    expect(off(taus[1], jet['tau2'])).toBeLessThan(0.15)
    expect(off(taus[2], jet['tau3'])).toBeLessThan(0.2)
    const groomed = softDrop(tree, { beta: 0, zCut: 0.1 })
    expect(off(groomed.mass, jet['sd_mass'])).toBeLessThan(0.03)
    expect(off(groomed.zg, jet['zg'])).toBeLessThan(0.01)
    expect(off(groomed.rg, jet['rg'])).toBeLessThan(0.01)
  })
})

describe('Lund coordinates', () => {
  it('are those of the formula', () => {
    const plane = primaryLundPlane(recluster(particles([30, 0.5, 1], [10, 0.7, 0.85])))
    const delta = Math.hypot(0.2, 0.15)
    expect(plane.lnDelta[0]).toBeCloseTo(Math.log(delta), 12)
    expect(plane.lnKt[0]).toBeCloseTo(Math.log(10 * delta), 12)
    expect(plane.z[0]).toBeCloseTo(0.25, 12)
    expect(plane.psi[0]).toBeCloseTo(Math.atan2(0.2, -0.15), 12)
    // Massless: m² = 2 pT₁ pT₂ (cosh Δy − cos Δφ).
    expect(plane.lnM[0]).toBeCloseTo(0.5 * Math.log(600 * (Math.cosh(0.2) - Math.cos(0.15))), 10)
  })

  it('are the same across the φ seam', () => {
    const at = (phi: number) =>
      primaryLundPlane(recluster(particles([30, 0, phi], [10, 0.1, phi + 0.2], [4, -0.3, phi - 0.3])))
    const [seam, plain] = [at(Math.PI - 0.05), at(0.4)]
    for (const key of ['lnKt', 'lnDelta', 'z', 'psi', 'lnM'] as const) {
      expect(worstDifference(seam[key], plain[key])).toBeLessThan(1e-9)
    }
  })

  it('do not exist for zero and one particle, and are finite for collinear ones', () => {
    const empty = primaryLundPlane(recluster(particles([5, 0, 0]), Int32Array.of(0, 0, 1)))
    expect([...empty.offsets]).toEqual([0, 0, 0])
    const same = primaryLundPlane(recluster(particles([5, 0.3, 1], [5, 0.3, 1])))
    expect([same.lnDelta[0], same.lnKt[0]]).toEqual([LN_FLOOR, LN_FLOOR])
    expect(Number.isFinite(same.lnM[0])).toBe(true)
  })

  it('leave out particles that are not finite', () => {
    const good = particles([30, 0, 0], [10, 0.2, 0.1], [3, -0.3, 0.2])
    const bad = particles([30, 0, 0], [Number.NaN, 0, 0], [10, 0.2, 0.1], [3, -0.3, 0.2])
    expect(primaryLundPlane(recluster(bad)).lnKt).toEqual(primaryLundPlane(recluster(good)).lnKt)
  })

  it('of the tree contain those of the primary plane, and every merging once', () => {
    const all = lundTree(tree)
    const primary = primaryLundPlane(tree)
    for (let l = 0; l + 1 < offsets.length; l++) {
      const n = offsets[l + 1] - offsets[l]
      const nodes = all.offsets[l + 1] - all.offsets[l]
      expect(nodes).toBe(n - 1)
      const trunk = all.lnKt.subarray(all.offsets[l], all.offsets[l + 1])
      const plane = primary.lnKt.subarray(primary.offsets[l], primary.offsets[l + 1])
      expect([...trunk.subarray(0, plane.length)]).toEqual([...plane])
      for (let k = 1; k < nodes; k++) {
        const at = all.offsets[l] + k
        const parent = all.offsets[l] + all.parent[at]
        const made = [all.harder[at], all.softer[at]]
        expect(all.parent[at]).toBeLessThan(k)
        // Both branches lie below the branch of the parent that they came from.
        expect(Math.max(...made)).toBeLessThan(Math.max(all.harder[parent], all.softer[parent]))
      }
    }
  })

  it('can be cut in kT and Δ', () => {
    const cut = primaryLundPlane(tree, { minKt: 1, minDelta: 0.05 })
    const kept = primaryLundPlane(tree)
    expect(Math.min(...cut.lnKt)).toBeGreaterThanOrEqual(0)
    expect(Math.min(...cut.lnDelta)).toBeGreaterThanOrEqual(Math.log(0.05))
    // Angles shrink along a Cambridge/Aachen branch, so the cut plane is the plane cut.
    const expected = kept.lnKt.filter((k, i) => k >= 0 && kept.lnDelta[i] >= Math.log(0.05))
    expect([...cut.lnKt]).toEqual([...expected])
  })

  it('become a graph with edges in both directions', () => {
    const graph = lundGraph(lundTree(recluster(particles([30, 0, 0], [10, 0.4, 0], [3, 0.45, 0.01]))))
    expect([...graph.offsets]).toEqual([0, 2])
    expect([...graph.source]).toEqual([1, 0])
    expect([...graph.target]).toEqual([0, 1])
    expect([...lundGraph(lundTree(recluster(particles([30, 0, 0])))).offsets]).toEqual([0, 0])
  })
})

describe('soft drop', () => {
  it('drops the softer branch until z > zCut (ΔR/R0)^β', () => {
    // C/A joins the close pair (20, 15) first and the soft 1 at ΔR = 0.8 last: z = 1/36.
    const p = particles([20, 0, 0], [15, 0.3, 0], [1, 0.15, 0.8])
    const groomed = softDrop(recluster(p), { beta: 0, zCut: 0.1 })
    expect(groomed.dropped[0]).toBe(1)
    expect(groomed.zg[0]).toBeCloseTo(15 / 35, 12)
    expect(groomed.rg[0]).toBeCloseTo(0.3, 12)
    const loose = softDrop(recluster(p), { beta: 0, zCut: 0.02 })
    expect(loose.dropped[0]).toBe(0)
    expect(loose.rg[0]).toBeGreaterThan(0.7)
  })

  it('is defined for zero and one particle', () => {
    const groomed = softDrop(recluster(particles([5, 0, 0]), Int32Array.of(0, 0, 1)), { beta: 0, zCut: 0.1 })
    expect([...groomed.node]).toEqual([-1, 0])
    expect([...groomed.zg]).toEqual([0, 0])
    expect(groomed.mass[0]).toBeNaN()
    expect(groomed.mass[1]).toBeCloseTo(0, 6)
  })
})

describe('N-subjettiness and correlators', () => {
  it('of two particles: τ1 is z ΔR about the harder, τ2 is 0, ECF(2) is pT₁ pT₂ ΔR', () => {
    const p = particles([30, 0, 0.1], [10, 0.3, 0.5])
    const [t1, t2, t3] = nSubjettiness(clusterer, p, Int32Array.of(0, 2))
    expect(t1[0]).toBeCloseTo(0.25 * 0.5, 12)
    expect([t2[0], t3[0]]).toEqual([0, 0])
    const { ecf1, ecf2, ecf3, c2, d2 } = energyCorrelators(
      f64(30, 10),
      { eta: f64(0, 0.3), phi: f64(0.1, 0.5) },
      Int32Array.of(0, 2),
      2,
    )
    expect(ecf1[0]).toBe(40)
    expect(ecf2[0]).toBeCloseTo(300 * 0.25, 10)
    expect([ecf3[0], c2[0], d2[0]]).toEqual([0, 0, 0])
  })

  it('of zero and one particle are 0', () => {
    const p = particles([5, 0, 0])
    const lists = Int32Array.of(0, 0, 1)
    for (const tau of nSubjettiness(clusterer, p, lists)) expect([...tau]).toEqual([0, 0])
    const { c2, d2, ecf2 } = energyCorrelators(f64(5), { eta: f64(0), phi: f64(0) }, lists)
    expect([...c2, ...d2, ...ecf2]).toEqual([0, 0, 0, 0, 0, 0])
  })

  it('of an equilateral triangle: D2 by hand', () => {
    // Three equal pT at distance r: e2 = 3 r / 9, e3 = r³ / 27, so D2 = (r³/27) / (r/3)³ = 1 and C2 = r / 3.
    const r = 0.4
    const direction = {
      eta: f64(0, r, r / 2),
      phi: f64(3.1, 3.1, 3.1 + (Math.sqrt(3) / 2) * r - 2 * Math.PI),
    }
    const { c2, d2 } = energyCorrelators(f64(7, 7, 7), direction, Int32Array.of(0, 3))
    expect(d2[0]).toBeCloseTo(1, 12)
    expect(c2[0]).toBeCloseTo(r / 3, 12)
  })
})
