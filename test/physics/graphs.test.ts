import { describe, expect, it } from 'vitest'
import { impactParameterSignificances } from '#spillway/physics/impact-parameter.js'
import { nearestNeighbours } from '#spillway/physics/knn.js'
import { PAIR_FLOOR, pairwiseFeatures } from '#spillway/physics/pairwise.js'
import { f64, momenta, random } from './support.js'

describe('nearest neighbours', () => {
  it('are the same as from sorting all distances', () => {
    const next = random(5)
    const lists = Int32Array.of(0, 0, 1, 4, 40, 52)
    const eta = Float64Array.from({ length: 52 }, () => 4 * next() - 2)
    const phi = Float64Array.from({ length: 52 }, () => 2 * Math.PI * next() - Math.PI)
    const k = 5
    const { offsets, neighbour } = nearestNeighbours({ eta, phi }, lists, k)
    for (let l = 0; l + 1 < lists.length; l++) {
      const members = Array.from({ length: lists[l + 1] - lists[l] }, (_, i) => lists[l] + i)
      for (const i of members) {
        const far = (j: number) => {
          const d = Math.abs(phi[i] - phi[j])
          return Math.hypot(eta[i] - eta[j], Math.min(d, 2 * Math.PI - d))
        }
        const expected = members.filter((j) => j !== i).sort((a, b) => far(a) - far(b))
        const found = [...neighbour.subarray(offsets[i], offsets[i + 1])]
        expect(found).toEqual(expected.slice(0, k).map((j) => j - lists[l]))
      }
    }
  })

  it('break ties by number and put NaN last', () => {
    const points = { eta: f64(0, 1, -1, Number.NaN, 2), phi: f64(0, 0, 0, 0, 0) }
    const { offsets, neighbour } = nearestNeighbours(points, Int32Array.of(0, 5), 4)
    expect([...neighbour.subarray(offsets[0], offsets[1])]).toEqual([1, 2, 4, 3])
    expect([...neighbour.subarray(offsets[3], offsets[4])]).toEqual([0, 1, 2, 4])
    expect(() => nearestNeighbours(points, Int32Array.of(0, 5), 0)).toThrow(/k is 0/)
  })
})

describe('pair features', () => {
  const particle = (pt: number, y: number, phi: number): [number, number, number, number] => [
    pt * Math.cos(phi),
    pt * Math.sin(phi),
    pt * Math.sinh(y),
    pt * Math.cosh(y),
  ]
  const p4 = momenta(particle(30, 0.5, 3), particle(10, 0.8, -3), particle(2, -1, 0))

  it('are those of the formula, symmetric, padded with 0', () => {
    const tensor = pairwiseFeatures(p4, Int32Array.of(0, 2, 2, 3), 3)
    expect(tensor.length).toBe(3 * 4 * 9)
    const at = (list: number, feature: number, i: number, j: number) =>
      tensor[((list * 4 + feature) * 3 + i) * 3 + j]
    const dPhi = 2 * Math.PI - 6
    const delta = Math.hypot(0.3, dPhi)
    const m2 = 600 * (Math.cosh(0.3) - Math.cos(dPhi))
    const expected = [Math.log(10 * delta), Math.log(0.25), Math.log(delta), Math.log(m2)]
    expected.forEach((value, feature) => {
      expect(at(0, feature, 0, 1)).toBeCloseTo(value, 5)
      expect(at(0, feature, 1, 0)).toBe(at(0, feature, 0, 1))
      expect(at(0, feature, 0, 2)).toBe(0)
      expect(at(1, feature, 0, 0)).toBe(0)
    })
    expect(at(2, 1, 0, 0)).toBeCloseTo(Math.log(0.5), 6)
    expect(at(2, 2, 0, 0)).toBeCloseTo(Math.log(PAIR_FLOOR), 5)
  })

  it('are cut to the length, and NaN for what is not finite', () => {
    const short = pairwiseFeatures(p4, Int32Array.of(0, 3), 2)
    const long = pairwiseFeatures(p4, Int32Array.of(0, 3), 3)
    expect(short[1]).toBe(long[1])
    expect(pairwiseFeatures(momenta([Number.NaN, 0, 0, 1]), Int32Array.of(0, 1), 1)[0]).toBeNaN()
    const out = new Float32Array(16).fill(9)
    expect(pairwiseFeatures(p4, Int32Array.of(0, 3), 2, out)).toBe(out)
    expect([...out]).toEqual([...short])
    expect(() => pairwiseFeatures(p4, Int32Array.of(0, 3), 2, new Float32Array(3))).toThrow(/out has 3/)
  })
})

describe('impact-parameter significances', () => {
  it('are positive in front of the vertex', () => {
    // A particle flies along φ = 0 for 3 mm and decays to tracks at φ = ±0.3: with d0 = x sin φ₀ − y cos φ₀
    // the lines pass the origin at d0 = ±3 sin 0.3, both in front.
    const flight = 3
    const phi = f64(0.3, -0.3, 0.3, 0.3)
    const d0 = phi.map((p) => -flight * Math.sin(p))
    const tracks = {
      d0,
      d0Error: f64(0.1, 0.1, 0, Number.NaN),
      z0: f64(-0.5, 0.5, 0, 0),
      z0Error: f64(0.5, 0.5, 0, 0),
    }
    const jets = { eta: f64(0), phi: f64(0) }
    const s = impactParameterSignificances(
      tracks,
      { eta: f64(0.2, 0.2, 0, 0), phi },
      Int32Array.of(0, 4),
      jets,
    )
    const size = (flight * Math.sin(0.3)) / 0.1
    expect(s.d0[0]).toBeCloseTo(-size, 10)
    expect(s.signedD0[0]).toBeCloseTo(size, 10)
    expect(s.signedD0[1]).toBeCloseTo(size, 10)
    expect(s.signedD0[2]).toBe(-0)
    expect(s.signedD0[3]).toBeNaN()
    expect([...s.signedZ0.subarray(0, 2)]).toEqual([1, -1])
    const turned = impactParameterSignificances(tracks, { eta: f64(0, 0, 0, 0), phi }, Int32Array.of(0, 4), {
      eta: f64(0),
      phi: f64(2 * Math.PI),
    })
    expect(turned.signedD0[0]).toBeCloseTo(size, 10)
  })
})
