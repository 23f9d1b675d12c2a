import { describe, expect, it } from 'vitest'
import { bundleOf, makeBundle } from '#spillway/models/bundle.js'
import { binOf, driftFeatures, driftOf } from '#spillway/models/drift.js'
import { featureBuilder } from '#spillway/models/features/index.js'
import { loadSession } from '#spillway/models/provider.js'
import { makeScorer } from '#spillway/models/scorer.js'
import { DriftWindow } from '#spillway/stream/control/drift-window.js'
import { eventsOf } from '../support/events.js'
import { linear } from '../support/onnx.js'
import { uniform as uniformNumbers } from '../support/random.js'

const edges = [0, 1, 2, 3]
const uniform = { edges, counts: [0, 10, 10, 10, 0] }

const draft = (references: Readonly<Record<string, { edges: number[]; counts: number[] }>>) => ({
  name: 'm',
  version: 1,
  features: {
    builder: 'columns',
    version: 1,
    options: { tensors: [{ name: 'x', columns: ['a', 'b'] }] },
  },
  inputs: { x: 'x' },
  outputs: [{ name: 'y', columns: ['y'] }],
  tolerance: { absolute: 1e-5, relative: 1e-5 },
  references,
})

async function scorerOf(references: Parameters<typeof draft>[0], driftEvery?: number) {
  const { manifest, model, origin } = bundleOf(makeBundle(draft(references), linear([1, 0]), null), 'here')
  const { builder, version, options } = manifest.features
  const session = await loadSession(model, { provider: 'cpu', threads: 1, reproducible: false }, origin)
  const settings = { rows: 7, tokens: 64, reproducible: false, driftEvery }
  return makeScorer(session, manifest, featureBuilder(builder, version, options), settings, origin)
}

describe('drift', () => {
  it('puts values into bins, edges to the right of them', () => {
    const bins = [-1, 0, 0.5, 1, 2.99, 3, 99].map((value) => binOf(Float64Array.from(edges), value))
    expect(bins).toEqual([0, 1, 1, 2, 3, 4, 4])
  })

  it('is nothing for the same distribution, and what the formulas say for another', async () => {
    const { manifest, builder } = await scorerOf({ 'score.y': uniform })
    const features = driftFeatures(manifest, builder)
    const [same] = driftOf(features, [0, 5_000, 5_000, 5_000, 0])
    expect(same).toMatchObject({ name: 'score.y', count: 15_000, ks: 0 })
    expect(same.psi).toBeCloseTo(0, 9)
    const [other] = driftOf(features, [0, 50_000, 25_000, 25_000, 0])
    const psi = [0.5, 0.25, 0.25].reduce((sum, p) => sum + (p - 1 / 3) * Math.log(p * 3), 0)
    expect(other.psi).toBeCloseTo(psi, 3)
    expect(other.ks).toBeCloseTo(0.5 - 1 / 3, 6)
  })

  it('counts every item, or one in so many, across calls and columns', async () => {
    const random = uniformNumbers(1)
    const values = Array.from({ length: 1_000 }, () => random() * 4 - 0.5)
    const events = eventsOf({ a: ['float32', values], b: ['float32', values.map((value) => value + 1)] })
    const counted = async (every: number) => {
      const scorer = await scorerOf(
        { 'input.x.0': uniform, 'input.x.1': uniform, 'score.y': uniform, mine: uniform },
        every,
      )
      const features = scorer.builder.bind(events)
      await scorer.score([{ features, items: Int32Array.from(values, (_, i) => i) }])
      await new Promise((resolve) => setTimeout(resolve, 1_050))
      return Array.from(scorer.drift!.take()!)
    }
    const bins = (shift: number, step: number) => {
      const counts = [0, 0, 0, 0, 0]
      for (let i = 0; i < values.length; i += step)
        counts[binOf(Float64Array.from(edges), Math.fround(values[i] + shift))]++
      return counts
    }
    expect(await counted(1)).toEqual([...bins(0, 1), ...bins(1, 1), ...bins(0, 1)])
    expect(await counted(10)).toEqual([...bins(0, 10), ...bins(1, 10), ...bins(0, 10)])
  })

  it.each(['input.x.2', 'input.z.0', 'score.z'])(
    'refuses a reference to %s, which is not there',
    async (name) => {
      await expect(scorerOf({ [name]: uniform }, 1)).rejects.toMatchObject({ code: 'MODEL_INVALID' })
    },
  )

  it('is not counted where nobody asks or nothing is known', async () => {
    expect((await scorerOf({ 'score.y': uniform })).drift).toBeNull()
    expect((await scorerOf({}, 1)).drift).toBeNull()
  })

  it('forgets what is older than its window', async () => {
    const { manifest, builder } = await scorerOf({ 'score.y': uniform })
    const window = new DriftWindow(driftFeatures(manifest, builder), 5, 10_000)
    window.add(Uint32Array.of(0, 9, 0, 0, 0), 0)
    window.add(Uint32Array.of(0, 0, 7, 0, 0), 6_000)
    expect(window.drift(9_000)[0].count).toBe(16)
    expect(window.drift(12_000)[0].count).toBe(7)
    expect(window.drift(99_000)[0].count).toBe(0)
  })
})
