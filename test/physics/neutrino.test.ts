import { describe, expect, it } from 'vitest'
import { fromPtEtaPhiM } from '#spillway/physics/convert.js'
import { masses } from '#spillway/physics/mass.js'
import { neutrinoDistance, neutrinoEtas } from '#spillway/physics/neutrino-eta.js'
import { addPairs } from '#spillway/physics/sum.js'
import { f64, random } from './support.js'

const M = 80.4

/** The textbook's quadratic equation for p_z of a massless neutrino; none where it has no real solution. */
function quadratic(pt: number, eta: number, phi: number, nuPt: number, nuPhi: number): number[] {
  const [pz, e] = [pt * Math.sinh(eta), pt * Math.cosh(eta)]
  const mu = M ** 2 / 2 + pt * nuPt * Math.cos(phi - nuPhi)
  const root = (mu * pz) ** 2 / pt ** 4 - (e ** 2 * nuPt ** 2 - mu ** 2) / pt ** 2
  if (root < 0) return []
  return [-1, 1].map((sign) => (mu * pz) / pt ** 2 + sign * Math.sqrt(root))
}

describe('neutrinos from missing momentum', () => {
  const next = random(5)
  const of = (low: number, high: number) =>
    Float64Array.from({ length: 500 }, () => low + (high - low) * next())
  const lepton = { pt: of(5, 60), eta: of(-2.7, 2.7), phi: of(-3, 3) }
  const missing = { pt: of(5, 60), phi: of(-3, 3) }
  const { near, far } = neutrinoEtas(lepton, missing, M)

  it('solve the quadratic equation, the smaller |p_z| first', () => {
    let real = 0
    for (let i = 0; i < 500; i++) {
      const wanted = quadratic(lepton.pt[i], lepton.eta[i], lepton.phi[i], missing.pt[i], missing.phi[i])
      if (wanted.length === 0) {
        expect([near[i], far[i]]).toEqual([lepton.eta[i], lepton.eta[i]])
        continue
      }
      real += 1
      const [first, second] = wanted.sort((a, b) => Math.abs(a) - Math.abs(b))
      expect(missing.pt[i] * Math.sinh(near[i])).toBeCloseTo(first, 6)
      expect((missing.pt[i] * Math.sinh(far[i])) / second).toBeCloseTo(1, 9)
    }
    expect(real).toBeGreaterThan(100)
    expect(real).toBeLessThan(480)
  })

  it('make a parent of its mass, or of its transverse mass where that is larger', () => {
    const mass = new Float64Array(500)
    const visible = fromPtEtaPhiM({ ...lepton, mass })
    for (const eta of [near, far]) {
      const both = masses(addPairs(visible, fromPtEtaPhiM({ ...missing, eta, mass })))
      both.forEach((m, i) => {
        const mt = Math.sqrt(
          2 * lepton.pt[i] * missing.pt[i] * (1 - Math.cos(lepton.phi[i] - missing.phi[i])),
        )
        expect(m).toBeCloseTo(Math.max(M, mt), 6)
      })
    }
  })

  it('lie where mirrors put them, and are not numbers where nothing is known', () => {
    const mirrored = neutrinoEtas({ ...lepton, eta: lepton.eta.map((eta) => -eta) }, missing, M)
    expect(mirrored.near).toEqual(near.map((eta) => -eta))
    expect(mirrored.far).toEqual(far.map((eta) => -eta))
    expect(neutrinoDistance(Number.NaN, 0, 30, 0, M)).toBeNaN()
    const none = { pt: f64(), eta: f64(), phi: f64() }
    expect(neutrinoEtas(none, none, M).near).toHaveLength(0)
  })
})
