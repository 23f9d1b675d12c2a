import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { collinsSoper } from '#spillway/physics/collins-soper.js'
import type { PtEtaPhiM } from '#spillway/physics/columns.js'
import { fromPtEtaPhiM } from '#spillway/physics/convert.js'
import { deltaPhis } from '#spillway/physics/delta-phi.js'
import { deltaRs } from '#spillway/physics/delta-r.js'
import { helicityCosines } from '#spillway/physics/helicity.js'
import { masses } from '#spillway/physics/mass.js'
import { anglesWatDigest } from '#spillway/physics/pairs/angles.wasm.js'
import { gatherWatDigest } from '#spillway/physics/pairs/gather.wasm.js'
import { type PairFeatures, PairKinematics, pairFeatures } from '#spillway/physics/pairs/pair-kinematics.js'
import { pairsWatDigest } from '#spillway/physics/pairs/pairs.wasm.js'
import { rapidities } from '#spillway/physics/rapidity.js'
import { addPairs, take } from '#spillway/physics/sum.js'
import { transverseMomenta } from '#spillway/physics/transverse-momentum.js'
import { f64, random } from './support.js'

/** Leptons of steeply falling pT, |η| < 5. */
function leptons(count: number, Column: Float32ArrayConstructor | Float64ArrayConstructor): PtEtaPhiM {
  const next = random(7)
  const column = (draw: () => number) => Column.from(Array.from({ length: count }, draw))
  return {
    pt: column(() => 5 / (0.02 + next())),
    eta: column(() => 10 * next() - 5),
    phi: column(() => 2 * Math.PI * next() - Math.PI),
    mass: column(() => (next() < 0.5 ? 0.000511 : 0.10566)),
  }
}

/** The same features by the functions for one quantity each. */
function oneByOne(p4: PtEtaPhiM, first: Int32Array, second: Int32Array): PairFeatures {
  const cartesian = fromPtEtaPhiM(p4)
  const [a, b] = [take(cartesian, first), take(cartesian, second)]
  const z = addPairs(a, b)
  const angles = (index: Int32Array) => ({
    eta: Float64Array.from(index, (i) => p4.eta[i] ?? Number.NaN),
    phi: Float64Array.from(index, (i) => p4.phi[i] ?? Number.NaN),
  })
  const cs = collinsSoper(a, b)
  return {
    mass: masses(z),
    pt: transverseMomenta(z),
    rapidity: rapidities(z),
    deltaPhi: deltaPhis(angles(first).phi, angles(second).phi),
    deltaR: deltaRs(angles(first), angles(second)),
    cosThetaCs: cs.cosTheta,
    phiCs: cs.phi,
    cosThetaHelicity: helicityCosines(a, z),
  }
}

/** The largest |a − b| / max(|b|, floor), NaN where only one is NaN. */
function worst(a: Float64Array, b: Float64Array, floor: number): number {
  return a.reduce((w, x, i) => {
    if (Number.isNaN(x) && Number.isNaN(b[i])) return w
    return Math.max(w, Math.abs(x - b[i]) / Math.max(Math.abs(b[i]), floor))
  }, 0)
}

const kinematics = new PairKinematics()

describe.each([
  ['doubles', Float64Array],
  ['floats', Float32Array],
] as const)('features of pairs from %s', (_, Column) => {
  const p4 = leptons(4000, Column)
  const orders = {
    neighbours: (k: number) => 2 * k,
    'far apart': (k: number) => (k * 1237) % 3999,
  }
  it.each(Object.entries(orders))('are those of the single functions: %s', (_name, place) => {
    // Not a multiple of the block, and odd.
    const first = Int32Array.from({ length: 1777 }, (_x, k) => place(k))
    const second = first.map((i) => i + 1)
    const ours = kinematics.compute(p4, first, second)
    const theirs = oneByOne(p4, first, second)
    for (const name of ['mass', 'pt', 'rapidity', 'deltaPhi', 'deltaR'] as const)
      expect(worst(ours[name], theirs[name], 1e-3), name).toBeLessThan(1e-8)
    for (const name of ['cosThetaCs', 'phiCs', 'cosThetaHelicity'] as const)
      expect(worst(ours[name], theirs[name], 1), name).toBeLessThan(1e-8)
  })
})

describe('features of pairs', () => {
  it('hold for angles beyond the polynomials', () => {
    const p4 = {
      pt: f64(30, 40, 30, 40),
      eta: f64(9, 1, -0.5, 1),
      phi: f64(1, 2, 30, -25),
      mass: f64(0, 0, 1, 1),
    }
    const [first, second] = [Int32Array.of(0, 2), Int32Array.of(1, 3)]
    const ours = kinematics.compute(p4, first, second)
    const theirs = oneByOne(p4, first, second)
    for (const name of [
      'mass',
      'pt',
      'rapidity',
      'deltaR',
      'cosThetaCs',
      'phiCs',
      'cosThetaHelicity',
    ] as const)
      expect(worst(ours[name], theirs[name], 1), name).toBeLessThan(1e-9)
  })

  it('are NaN for indices of no lepton and for NaN, and only there', () => {
    const p4 = { pt: f64(30, 40, Number.NaN), eta: f64(0, 1, 1), phi: f64(0, 2, 2), mass: f64(0, 0, 0) }
    const { mass, deltaPhi, phiCs } = kinematics.compute(
      p4,
      Int32Array.of(0, -1, 0, 0, 0),
      Int32Array.of(1, 1, -1, 2, 3),
    )
    expect([...mass].map(Number.isNaN)).toEqual([false, true, true, true, true])
    expect([...deltaPhi].map(Number.isNaN)).toEqual([false, true, true, false, true])
    expect([...phiCs].map(Number.isNaN)).toEqual([false, true, true, true, true])
  })

  it('of no pairs are none, and a later call does not remember an earlier one', () => {
    const p4 = { pt: f64(45, 45), eta: f64(0, 0), phi: f64(0, Math.PI), mass: f64(0, 0) }
    expect(kinematics.compute(p4, new Int32Array(), new Int32Array()).mass.length).toBe(0)
    const [one] = kinematics.compute(p4, Int32Array.of(0), Int32Array.of(1)).mass
    expect(one).toBeCloseTo(90, 10)
  })

  it('are written over the memory that is given, if it is of the right length', () => {
    const p4 = { pt: f64(45, 45), eta: f64(0, 1), phi: f64(0, 2), mass: f64(0, 0) }
    const [first, second] = [Int32Array.of(0), Int32Array.of(1)]
    const into = pairFeatures(1)
    expect(kinematics.compute(p4, first, second, into)).toBe(into)
    expect(into).toEqual(kinematics.compute(p4, first, second))
    expect(() => kinematics.compute(p4, first, second, pairFeatures(2))).toThrow(/different lengths/)
  })

  it('refuse columns of different lengths', () => {
    const p4 = { pt: f64(1), eta: f64(1, 2), phi: f64(1), mass: f64(1) }
    expect(() => kinematics.compute(p4, Int32Array.of(0), Int32Array.of(0))).toThrow(/different lengths/)
  })
})

it.each([
  ['pairs', pairsWatDigest],
  ['angles', anglesWatDigest],
  ['gather', gatherWatDigest],
])('%s.wasm.ts was made from %s.wat', (name, digest) => {
  const source = readFileSync(new URL(`../../src/physics/pairs/${name}.wat`, import.meta.url))
  expect(createHash('sha256').update(source).digest('hex')).toBe(digest)
})
