import { beforeAll, describe, expect, it } from 'vitest'
import { toRestFrame } from '#spillway/physics/boost.js'
import { collinsSoper } from '#spillway/physics/collins-soper.js'
import { toPtEtaPhiM } from '#spillway/physics/convert.js'
import { deltaPhis } from '#spillway/physics/delta-phi.js'
import { deltaRs } from '#spillway/physics/delta-r.js'
import { helicityAzimuths, helicityCosines } from '#spillway/physics/helicity.js'
import { masses } from '#spillway/physics/mass.js'
import { rapidities } from '#spillway/physics/rapidity.js'
import { addPairs } from '#spillway/physics/sum.js'
import { need } from '../support/need.js'
import { randomMomenta, runPython, worstDifference } from './support.js'

describe.skipIf(!need('python', ['numpy', 'vector']))('the kinematics of scikit-hep/vector', () => {
  const a = randomMomenta(3000, 1, 0.2)
  const b = randomMomenta(3000, 2, 0.2)
  const names = [
    'pt',
    'eta',
    'phi',
    'mass',
    'rapidity',
    'pairMass',
    'deltaR',
    'deltaPhi',
    'rest_px',
    'rest_py',
    'rest_pz',
    'rest_E',
    'helicity',
    'helicityPhi',
    'csCosTheta',
    'csPhi',
  ] as const
  let theirs: Record<(typeof names)[number], Float64Array>
  beforeAll(() => {
    const columns = (name: string, p: typeof a) => ({
      [`${name}_px`]: p.px,
      [`${name}_py`]: p.py,
      [`${name}_pz`]: p.pz,
      [`${name}_E`]: p.e,
    })
    theirs = runPython('kinematics.py', { ...columns('a', a), ...columns('b', b) }, names)
  })
  const polar = toPtEtaPhiM(a)
  const polarB = toPtEtaPhiM(b)
  const sum = addPairs(a, b)
  const rest = toRestFrame(a, sum)

  it('gives the same pT, η, φ, rapidity and masses', () => {
    expect(worstDifference(polar.pt, theirs.pt)).toBeLessThan(1e-14)
    expect(worstDifference(polar.eta, theirs.eta)).toBeLessThan(1e-14)
    expect(worstDifference(polar.phi, theirs.phi)).toBeLessThan(1e-14)
    expect(worstDifference(rapidities(a), theirs.rapidity)).toBeLessThan(1e-10)
    expect(worstDifference(masses(sum), theirs.pairMass)).toBeLessThan(1e-9)
  })

  it('gives the same single-particle masses within the rounding of E² − p²', () => {
    const ours = masses(a)
    const worst = ours.reduce(
      (w, m, i) => Math.max(w, Math.abs(m * m - theirs.mass[i] ** 2) / a.e[i] ** 2),
      0,
    )
    expect(worst).toBeLessThan(1e-14)
  })

  it('gives the same ΔR and Δφ', () => {
    expect(worstDifference(deltaRs(polar, polarB), theirs.deltaR)).toBeLessThan(1e-13)
    expect(worstDifference(deltaPhis(polar.phi, polarB.phi), theirs.deltaPhi)).toBeLessThan(1e-14)
  })

  it('gives the same boost to the rest frame of the pair', () => {
    expect(worstDifference(rest.px, theirs.rest_px)).toBeLessThan(1e-9)
    expect(worstDifference(rest.py, theirs.rest_py)).toBeLessThan(1e-9)
    expect(worstDifference(rest.pz, theirs.rest_pz)).toBeLessThan(1e-8)
    expect(worstDifference(rest.e, theirs.rest_E)).toBeLessThan(1e-8)
  })

  it('gives the helicity and Collins–Soper angles that boosts and axes give', () => {
    expect(worstDifference(helicityCosines(a, sum), theirs.helicity)).toBeLessThan(1e-7)
    const cs = collinsSoper(a, b)
    expect(worstDifference(cs.cosTheta, theirs.csCosTheta)).toBeLessThan(1e-7)
    // φ through the seam: the chord between the two angles.
    const chords = (ours: Float64Array, wanted: Float64Array): number =>
      Math.max(...ours.map((phi, i) => 2 * Math.abs(Math.sin(0.5 * (phi - wanted[i])))))
    expect(chords(cs.phi, theirs.csPhi)).toBeLessThan(1e-6)
    expect(chords(helicityAzimuths(a, sum), theirs.helicityPhi)).toBeLessThan(1e-6)
  })
})
