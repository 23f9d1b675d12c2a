import { describe, expect, it } from 'vitest'
import { featureBuilder } from '#spillway/models/features/index.js'
import { columnOf, eventsOf } from '../../support/events.js'
import { tensorsOf } from '../../support/tensors.js'

type Particle = readonly [pt: number, eta: number, phi: number, mass: number]
interface Event {
  readonly leptons: readonly (readonly [...Particle, charge: number])[]
  readonly jets: readonly Particle[]
}

/** Events of leptons and jets, all turned about the beam by `turn`. */
function events(list: readonly Event[], turn = 0) {
  const momenta = (name: 'leptons' | 'jets') =>
    (['pt', 'eta', 'phi', 'mass'] as const).map(
      (component, k) =>
        [
          `${name}.${component}`,
          ['float32', list.map((event) => event[name].map((p) => (k === 2 ? p[k] + turn : p[k])))],
        ] as const,
    )
  return eventsOf({
    ...Object.fromEntries([...momenta('leptons'), ...momenta('jets')]),
    'leptons.charge': ['int8', list.map(({ leptons }) => leptons.map((lepton) => lepton[4]))],
  })
}

const whole: Event = {
  leptons: [
    [40, 0.5, 0.4, 0.1, 1],
    [30, -1, -0.4, 0.1, -1],
  ],
  jets: [
    [60, 2, 3, 5],
    [20, -3, 2, 2],
  ],
}

describe('zj-particles', () => {
  it('gives a token for each lepton, the negative one first, and for each jet', () => {
    const builder = featureBuilder('zj-particles', 1, { max_jets: 2 })
    const { particles, mask } = tensorsOf(builder, events([whole]), 5)
    // By hand: the pair's azimuth is that of (40 cos 0.4 + 30 cos 0.4, 10 sin 0.4).
    const azimuth = Math.atan2(10 * Math.sin(0.4), 70 * Math.cos(0.4))
    const row = ([pt, eta, phi, mass]: Particle, flags: readonly number[]) => [
      Math.log(pt),
      eta,
      Math.cos(phi - azimuth),
      Math.sin(phi - azimuth),
      Math.log(Math.hypot(pt * Math.cosh(eta), mass)),
      ...flags,
    ]
    const expected = [
      row([30, -1, -0.4, 0.1], [1, 0, 0]),
      row([40, 0.5, 0.4, 0.1], [0, 1, 0]),
      row([60, 2, 3, 5], [0, 0, 1]),
      row([20, -3, 2, 2], [0, 0, 1]),
      new Array(8).fill(0),
    ].flat()
    particles.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 5)
    })
    expect(mask).toEqual([1, 1, 1, 1, 0])
  })

  it('does not see by what angle an event is turned about the beam, also over the seam', () => {
    const builder = featureBuilder('zj-particles', 1, { layout: 'flat' })
    const { momenta } = tensorsOf(builder, events([whole]))
    for (const turn of [0.1, 2.9, -3, Math.PI]) {
      tensorsOf(builder, events([whole], turn)).momenta.forEach((value, i) => {
        expect(value).toBeCloseTo(momenta[i], 4)
      })
    }
    expect(momenta).toHaveLength(15)
  })

  it('takes as many jets as it is told to', () => {
    const builder = featureBuilder('zj-particles', 1, { max_jets: 1 })
    expect(builder.bind(events([whole])).lengths).toEqual(Int32Array.of(3))
    expect(builder.maxLength).toBe(3)
  })

  it.each(['flat', 'tokens'])('refuses events without two leptons or a jet (%s)', (layout) => {
    const builder = featureBuilder('zj-particles', 1, { layout })
    const broken = [{ ...whole, jets: [] }, { ...whole, leptons: whole.leptons.slice(1) }, whole]
    const [first] = Object.values(tensorsOf(builder, events(broken), 4))
    const size = first.length / 3
    expect(first.slice(0, 2 * size).some(Number.isNaN)).toBe(true)
    expect(first.slice(size, 2 * size).some(Number.isNaN)).toBe(true)
    expect(first.slice(2 * size).some(Number.isNaN)).toBe(false)
  })

  it('gives the initial state as one-hot, and NaN for one that there is not', () => {
    const builder = featureBuilder('zj-particles', 1, { layout: 'flat', channel: 'truth.initial' })
    const known = events([whole, whole]).with('truth.initial', columnOf('', 'int8', [3, 9]))
    const { channel } = tensorsOf(builder, known)
    expect(channel.slice(0, 9)).toEqual([0, 0, 0, 1, 0, 0, 0, 0, 0])
    expect(channel.slice(9).every(Number.isNaN)).toBe(true)
  })
})
