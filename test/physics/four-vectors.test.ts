import { describe, expect, it } from 'vitest'
import { fromRestFrame, toRestFrame } from '#spillway/physics/boost.js'
import { collinsSoper } from '#spillway/physics/collins-soper.js'
import { fromPtEtaPhiE, fromPtEtaPhiM, toPtEtaPhiM } from '#spillway/physics/convert.js'
import { deltaPhi } from '#spillway/physics/delta-phi.js'
import { deltaR, nearestDeltaR } from '#spillway/physics/delta-r.js'
import { fourLeptonAngles } from '#spillway/physics/h4l-angles.js'
import { helicityAzimuths, helicityCosines } from '#spillway/physics/helicity.js'
import { masses, masslessPairMasses } from '#spillway/physics/mass.js'
import { pseudorapidities } from '#spillway/physics/pseudorapidity.js'
import { rapidities } from '#spillway/physics/rapidity.js'
import { addPairs, sumLists, take } from '#spillway/physics/sum.js'
import { transverseMasses } from '#spillway/physics/transverse-mass.js'
import { zeppenfeld, zeppenfeldScaled } from '#spillway/physics/zeppenfeld.js'
import { f64, momenta, random, randomMomenta, worstDifference } from './support.js'

describe('Δφ and ΔR', () => {
  it('go across the seam', () => {
    expect(deltaPhi(Math.PI - 0.1, -Math.PI + 0.1)).toBeCloseTo(-0.2, 12)
    expect(deltaPhi(-Math.PI + 0.1, Math.PI - 0.1)).toBeCloseTo(0.2, 12)
    expect(deltaPhi(Math.PI, -Math.PI)).toBeCloseTo(0, 12)
    expect(deltaPhi(7, 0.5)).toBeCloseTo(6.5 - 2 * Math.PI, 12)
    expect(deltaPhi(1e3, 0)).toBeCloseTo(1000 - 159 * 2 * Math.PI, 9)
    expect(deltaPhi(Number.NaN, 0)).toBeNaN()
    expect(deltaR(0, 3.1, 0.3, -3.1)).toBeCloseTo(Math.hypot(0.3, 2 * Math.PI - 6.2), 12)
  })

  it('to the nearest: Infinity without one', () => {
    const a = { eta: f64(0, 1, 2), phi: f64(0, 0, 0) }
    const b = { eta: f64(0.5, Number.NaN), phi: f64(0, 0) }
    const near = nearestDeltaR(a, Int32Array.of(0, 2, 3), b, Int32Array.of(0, 2, 2))
    expect([...near]).toEqual([0.5, 0.5, Infinity])
  })
})

describe('conversions', () => {
  it('of a 3-4-5 momentum', () => {
    const { pt, eta, phi, mass } = toPtEtaPhiM(momenta([3, 4, 12, 15]))
    expect(pt[0]).toBe(5)
    expect(eta[0]).toBeCloseTo(Math.asinh(2.4), 14)
    expect(phi[0]).toBeCloseTo(Math.atan2(4, 3), 14)
    expect(mass[0]).toBeCloseTo(Math.sqrt(225 - 169), 12)
  })

  it('return what went in', () => {
    const p4 = randomMomenta(2000, 11, 5)
    const polar = toPtEtaPhiM(p4)
    const back = fromPtEtaPhiM(polar)
    const withEnergy = fromPtEtaPhiE({ ...polar, energy: p4.e })
    for (const key of ['px', 'py', 'pz'] as const) {
      expect(worstDifference(back[key], p4[key])).toBeLessThan(1e-12)
      expect(withEnergy[key]).toEqual(back[key])
    }
    expect(worstDifference(back.e, p4.e)).toBeLessThan(1e-12)
  })

  it('have the sine, cosine and hyperbolic sine of the library to 3e-15', () => {
    const next = random(21)
    const count = 20_000
    const phi = Float64Array.from({ length: count }, (_, i) => (i % 5 === 0 ? 60 : 7) * (2 * next() - 1))
    const eta = Float64Array.from(
      { length: count },
      (_, i) => (i % 5 === 0 ? 25 : i % 7 === 0 ? 1e-5 : 6) * (2 * next() - 1),
    )
    const one = new Float64Array(count).fill(1)
    const p4 = fromPtEtaPhiM({ pt: one, eta, phi, mass: one })
    const largest = (ours: Float64Array, theirs: (i: number) => number, scale = (_: number) => 1) =>
      ours.reduce((w, v, i) => Math.max(w, Math.abs(v - theirs(i)) / scale(theirs(i))), 0)
    expect(largest(p4.px, (i) => Math.cos(phi[i]))).toBeLessThan(2e-15)
    expect(largest(p4.py, (i) => Math.sin(phi[i]))).toBeLessThan(2e-15)
    expect(largest(p4.pz, (i) => Math.sinh(eta[i]), Math.abs)).toBeLessThan(4e-15)
    expect(
      fromPtEtaPhiM({ pt: f64(0, 2), eta: f64(Number.NaN, 1), phi: f64(1, Infinity), mass: f64(0, 0) }).pz[0],
    ).toBeNaN()
  })

  it('take single precision as it is', () => {
    const polar = { pt: f64(20.5), eta: f64(-1.25), phi: f64(2.5), mass: f64(0.5) }
    const single = Object.fromEntries(Object.entries(polar).map(([k, v]) => [k, Float32Array.from(v)]))
    expect(fromPtEtaPhiM(single as unknown as typeof polar)).toEqual(fromPtEtaPhiM(polar))
  })

  it('have documented ends: no momentum, along the beam, NaN', () => {
    const p4 = momenta([0, 0, 0, 0], [0, 0, 7, 7], [0, 0, -7, 7], [Number.NaN, 0, 0, 1])
    expect([...pseudorapidities(p4)].slice(0, 3)).toEqual([0, Infinity, -Infinity])
    expect([...rapidities(p4)].slice(0, 3)).toEqual([1e5, 1e5 + 7, -1e5 - 7])
    expect([...masses(p4)].slice(0, 3)).toEqual([0, 0, 0])
    expect(rapidities(p4)[3]).toBeNaN()
    expect(masses(p4)[3]).toBeNaN()
    expect(masses(momenta([5, 0, 0, 3]))[0]).toBe(-4)
  })

  it('refuse columns of different lengths', () => {
    expect(() => fromPtEtaPhiM({ pt: f64(1), eta: f64(1, 2), phi: f64(1), mass: f64(1) })).toThrow(
      /different lengths/,
    )
  })
})

describe('sums and masses', () => {
  it('add lists, the empty one to zero', () => {
    const sums = sumLists(momenta([1, 2, 3, 9], [1, -2, 3, 9], [5, 5, 5, 10]), Int32Array.of(0, 2, 2, 3))
    expect([...sums.px]).toEqual([2, 0, 5])
    expect([...sums.e]).toEqual([18, 0, 10])
  })

  it('take gives NaN for none', () => {
    const taken = take(momenta([1, 2, 3, 9], [4, 5, 6, 10]), Int32Array.of(1, -1, 0))
    expect([...taken.px]).toEqual([4, Number.NaN, 1])
  })

  it('of massless pairs agree with the sum of four-momenta', () => {
    const a = { pt: f64(40, 25, 30), eta: f64(0.3, -2, 1), phi: f64(3.1, 1, 0.5), mass: f64(0, 0, 0) }
    const b = {
      pt: f64(30, 60, 30),
      eta: f64(-1, 2.5, 1),
      phi: f64(-3.1, 1.5, 0.5 + 1e-5),
      mass: f64(0, 0, 0),
    }
    const sum = masses(addPairs(fromPtEtaPhiM(a), fromPtEtaPhiM(b)))
    const pair = masslessPairMasses(a, b)
    expect(worstDifference(pair.subarray(0, 2), sum.subarray(0, 2))).toBeLessThan(1e-12)
    // Nearly collinear: m ≈ pT Δφ, which the sum loses to rounding.
    expect(pair[2]).toBeCloseTo(30e-5, 12)
  })

  it('transverse mass: back to back, collinear, across the seam', () => {
    const mt = transverseMasses(f64(40, 40, 40), f64(0, 1, 3.1), f64(40, 30, 10), f64(Math.PI, 1, -3.1))
    expect(mt[0]).toBeCloseTo(80, 12)
    expect(mt[1]).toBe(0)
    expect(mt[2]).toBeCloseTo(Math.sqrt(800 * (1 - Math.cos(6.2))), 12)
  })

  it('Zeppenfeld: 0 in the middle, ½ on a jet', () => {
    expect(zeppenfeld(f64(1.5), f64(-1), f64(3))[0]).toBe(0.5)
    expect([...zeppenfeldScaled(f64(1, 3), f64(-1, -1), f64(3, 3))]).toEqual([0, 0.5])
    expect(zeppenfeld(f64(1), f64(Number.NaN), f64(3))[0]).toBeNaN()
  })
})

describe('boosts', () => {
  it('bring a particle to rest, and back', () => {
    const p4 = randomMomenta(500, 4, 3)
    const rest = toRestFrame(p4, p4)
    expect(worstDifference(rest.px, new Float64Array(500))).toBeLessThan(1e-8)
    const frame = randomMomenta(500, 5, 90)
    const there = fromRestFrame(toRestFrame(p4, frame), frame)
    expect(worstDifference(there.pz, p4.pz)).toBeLessThan(1e-9)
    expect(
      worstDifference(
        masses(toRestFrame(p4, frame)).map((m) => m * m),
        masses(p4).map((m) => m * m),
        100,
      ),
    ).toBeLessThan(1e-6)
  })

  it('by hand: β = 3/5 along x', () => {
    const there = toRestFrame(momenta([0, 2, 0, 2]), momenta([3, 0, 0, 5]))
    expect(there.px[0]).toBeCloseTo(-1.5, 12)
    expect(there.py[0]).toBeCloseTo(2, 12)
    expect(there.e[0]).toBeCloseTo(2.5, 12)
  })

  it('have no rest for what has no mass', () => {
    expect(toRestFrame(momenta([1, 0, 0, 2]), momenta([1, 0, 0, 1])).px[0]).toBeNaN()
  })
})

describe('decay angles', () => {
  /** Momenta of a decay in the rest frame of a parent, seen from where the parent is measured. */
  const decay = (parent: ReturnType<typeof momenta>, cosTheta: number, phi: number) => {
    const m = masses(parent)[0] / 2
    const s = Math.sqrt(1 - cosTheta * cosTheta)
    const p = [m * s * Math.cos(phi), m * s * Math.sin(phi), m * cosTheta] as const
    return [
      fromRestFrame(momenta([p[0], p[1], p[2], m]), parent),
      fromRestFrame(momenta([-p[0], -p[1], -p[2], m]), parent),
    ] as const
  }

  it('helicity: of a parent along z the polar angle, NaN for one at rest', () => {
    const parent = momenta([0, 0, 50, Math.sqrt(50 * 50 + 91 * 91)])
    for (const c of [-1, -0.3, 0, 0.7, 1]) {
      const [a, b] = decay(parent, c, 0.4)
      expect(helicityCosines(a, parent)[0]).toBeCloseTo(c, 12)
      expect(helicityCosines(b, parent)[0]).toBeCloseTo(-c, 12)
    }
    const rest = momenta([0, 0, 0, 91])
    expect(helicityCosines(decay(rest, 0.2, 0)[0], rest)[0]).toBeNaN()
  })

  it('helicity: the azimuth is that about the flight direction, and does not see the boost along it', () => {
    // Sideways along x: z is x, y = ẑ × x̂, and x = y × z is −ẑ; a decay at φ has its momentum so in both frames.
    const parent = momenta([60, 0, 0, Math.hypot(60, 91)])
    for (const phi of [-2.8, -0.4, 0, 1.2, 3]) {
      const daughter = momenta([35, 20 * Math.sin(phi), -20 * Math.cos(phi), 50])
      expect(helicityAzimuths(daughter, parent)[0]).toBeCloseTo(phi, 12)
      expect(helicityAzimuths(toRestFrame(daughter, parent), parent)[0]).toBeCloseTo(phi, 12)
    }
  })

  it('helicity: turning the beams around turns the azimuth around, and is taken out again', () => {
    const turned = (x: number, y: number, z: number, e: number, sign: number) =>
      momenta([x, sign * y, sign * z, e])
    const seen = (sign: number, oriented: boolean): number =>
      helicityAzimuths(turned(21, -4, 33, 60, sign), turned(30, 12, 55, 120, sign), { oriented })[0]
    expect(seen(-1, true)).toBeCloseTo(seen(1, true), 12)
    expect(Math.cos(seen(-1, false) - seen(1, false))).toBeCloseTo(-1, 12)
  })

  it('helicity: no azimuth for a parent at rest, and the laboratory’s x axis for one along the beam', () => {
    expect(helicityAzimuths(momenta([1, 2, 3, 5]), momenta([0, 0, 0, 91]))[0]).toBeNaN()
    expect(helicityAzimuths(momenta([1, 1, 3, 5]), momenta([0, 0, 40, 99]))[0]).toBeCloseTo(Math.PI / 4, 12)
  })

  it('Collins–Soper: of a parent along z the polar angle, turned with its direction', () => {
    for (const pz of [50, -50]) {
      const parent = momenta([0, 0, pz, Math.sqrt(50 * 50 + 91 * 91)])
      const [a, b] = decay(parent, 0.6, 0.4)
      const sign = Math.sign(pz)
      expect(collinsSoper(a, b).cosTheta[0]).toBeCloseTo(sign * 0.6, 12)
      expect(collinsSoper(a, b, { oriented: false }).cosTheta[0]).toBeCloseTo(0.6, 12)
      expect(collinsSoper(a, b).phi[0]).toBeCloseTo(sign * 0.4, 12)
    }
  })

  it('of X → Z1 Z2 → 4ℓ: the angles that a decay was built with', () => {
    // X at rest decays along θ*, φ*; each Z decays with its lepton at θ to the direction opposite to the
    // other Z.
    const [mx, m1, m2] = [125, 90, 30]
    const p = Math.sqrt((mx * mx - (m1 + m2) ** 2) * (mx * mx - (m1 - m2) ** 2)) / (2 * mx)
    const cases = [
      { star: 0.3, theta1: 0.5, theta2: -0.2, phi: 0.7, phi1: -1.1 },
      { star: -0.8, theta1: -0.9, theta2: 0.4, phi: -2.9, phi1: 2.2 },
      { star: 0.05, theta1: 0.1, theta2: 0.95, phi: 3.1, phi1: 0.2 },
    ]
    for (const { star, theta1, theta2, phi, phi1 } of cases) {
      // Axes: u along Z1, n_sc = ẑ × u, and the third at right angles.
      const s = Math.sqrt(1 - star * star)
      const u = [s, 0, star] as const
      const nsc = [0, 1, 0] as const
      const w = [
        u[1] * nsc[2] - u[2] * nsc[1],
        u[2] * nsc[0] - u[0] * nsc[2],
        u[0] * nsc[1] - u[1] * nsc[0],
      ] as const
      const mix = (a: number, b: number, c: number) =>
        [0, 1, 2].map((k) => a * u[k] + b * nsc[k] + c * w[k]) as [number, number, number]
      const z = (sign: number, m: number) => {
        const v = mix(sign * p, 0, 0)
        return momenta([v[0], v[1], v[2], Math.sqrt(p * p + m * m)])
      }
      const [z1, z2] = [z(1, m1), z(-1, m2)]
      const pair = (
        parent: ReturnType<typeof momenta>,
        m: number,
        along: number,
        cosTheta: number,
        angle: number,
      ) => {
        const sn = Math.sqrt(1 - cosTheta * cosTheta)
        const v = mix(along * cosTheta, sn * Math.cos(angle), sn * Math.sin(angle)).map((c) => (c * m) / 2)
        const at = (sign: number) =>
          fromRestFrame(momenta([sign * v[0], sign * v[1], sign * v[2], m / 2]), parent)
        return [at(1), at(-1)] as const
      }
      // By the definitions the normal n1 is turned from n_sc about u by −Φ1, and n2 from n1 by π − Φ. A
      // normal q_i1 × q_i2 is a quarter turn behind the lepton where the parent flies along u, and a quarter
      // turn before it where it flies along −u.
      const quarter = Math.PI / 2
      const n1 = -phi1
      const n2 = n1 + Math.PI - phi
      const [lepton1, antilepton1] = pair(z1, m1, 1, theta1, n1 + quarter)
      const [lepton2, antilepton2] = pair(z2, m2, -1, theta2, n2 - quarter)
      const moving = momenta([20, -35, 300, Math.sqrt(20 * 20 + 35 * 35 + 300 * 300 + mx * mx)])
      const angles = fourLeptonAngles({ lepton1, antilepton1, lepton2, antilepton2 })
      expect(angles.cosThetaStar[0]).toBeCloseTo(star, 10)
      expect(angles.cosTheta1[0]).toBeCloseTo(theta1, 10)
      expect(angles.cosTheta2[0]).toBeCloseTo(theta2, 10)
      expect(deltaPhi(angles.phi[0], phi)).toBeCloseTo(0, 9)
      expect(deltaPhi(angles.phi1[0], phi1)).toBeCloseTo(0, 9)
      // The same decay of a moving X: the helicity angles and Φ do not change.
      const b = [lepton1, antilepton1, lepton2, antilepton2].map((l) => fromRestFrame(l, moving))
      const boosted = fourLeptonAngles({ lepton1: b[0], antilepton1: b[1], lepton2: b[2], antilepton2: b[3] })
      expect(boosted.cosTheta1[0]).toBeCloseTo(theta1, 8)
      expect(boosted.cosTheta2[0]).toBeCloseTo(theta2, 8)
      expect(deltaPhi(boosted.phi[0], phi)).toBeCloseTo(0, 8)
    }
  })

  it('are NaN for missing leptons', () => {
    const none = take(momenta([1, 2, 3, 9]), Int32Array.of(-1))
    const some = momenta([1, 2, 3, 9])
    const angles = fourLeptonAngles({ lepton1: none, antilepton1: some, lepton2: some, antilepton2: some })
    for (const column of Object.values(angles)) expect(column[0]).toBeNaN()
  })
})
