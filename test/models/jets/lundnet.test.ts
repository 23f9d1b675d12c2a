import * as ort from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { packedGraphs, paddedGraphs } from '#spillway/models/jets/lundnet/graph.js'
import { lundNetwork, NetworkOptions } from '#spillway/models/jets/lundnet/network.js'
import { normalisedTrunk, plainTrunk, type Trunk } from '#spillway/models/jets/lundnet/trunk.js'
import { createExecutor, type TrainProgram } from '#spillway/train/executor/index.js'
import { carriedSpecs, initialise, trainedSpecs } from '#spillway/train/layers/index.js'
import { adamW, type Batch, type InputSpecs, type Tensors, traceGraph } from '#spillway/train/trace/index.js'
import { add, grads, type Scalar, square, sum, type Tensor } from '#spillway/train/trace/tf.js'
import { normals, uniform } from '../../support/random.js'

const FEATURES = 5
const inputs: InputSpecs = {
  nodes: { shape: ['batch', 'tokens', FEATURES] },
  neighbours: { shape: ['batch', 'tokens', 3] },
  mask: { shape: ['batch', 'tokens'] },
}

/** Jets of so many splittings each, padded to `length`: random binary trees as the builder `lund-graph` writes them. */
function jets(lengths: readonly number[], length: number, seed = 1): Batch {
  const next = uniform(seed)
  const batch = lengths.length
  const nodes = Float32Array.from(normals(batch * length * FEATURES, seed))
  const neighbours = new Float32Array(batch * length * 3).fill(-1)
  const mask = new Float32Array(batch * length)
  lengths.forEach((count, jet) => {
    for (let k = 0; k < length; k++) {
      const row = jet * length + k
      if (k >= count) {
        nodes.fill(0, row * FEATURES, (row + 1) * FEATURES)
        continue
      }
      mask[row] = 1
      const free = Array.from({ length: k }, (_, i) => i).filter(
        (i) => neighbours[(jet * length + i) * 3 + 2] < 0,
      )
      if (k === 0) continue
      const parent = free[Math.floor(next() * free.length)]
      const mother = (jet * length + parent) * 3
      neighbours[row * 3] = parent
      neighbours[neighbours[mother + 1] < 0 ? mother + 1 : mother + 2] = k
    }
  })
  return {
    nodes: { data: nodes, shape: [batch, length, FEATURES] },
    neighbours: { data: neighbours, shape: [batch, length, 3] },
    mask: { data: mask, shape: [batch, length] },
  }
}

const feedsOf = (tensors: Batch): Record<string, ort.Tensor> =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { data, shape }]) => [
      name,
      new ort.Tensor('float32', data as Float32Array, [...shape]),
    ]),
  )

const batches: readonly (readonly [string, Batch])[] = [
  ['jets of all lengths', jets([3, 12, 1, 7, 20, 2, 5], 20)],
  ['some without splittings', jets([0, 4, 0, 9, 1, 0], 12, 2)],
  ['one jet', jets([6], 8, 3)],
  ['one splitting', jets([0, 1], 4, 4)],
  ['no splitting at all', jets([0, 0, 0], 4, 5)],
  ['places for none', jets([0, 0], 0, 6)],
  ['no jet', jets([], 4, 7)],
  [
    'many',
    jets(
      Array.from({ length: 100 }, (_, i) => (7 * i) % 23),
      24,
      8,
    ),
  ],
]

const largest = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0)

const sizes = { blocks: [6, 6, 8], fusion: 7 }
const moments = { mean: [0.1, 0.2, 0.3, 0.4, 0.5], deviation: [1, 2, 1, 1, 1] }

/** Outputs, running statistics and gradients of a trunk, all of them in both layouts. */
function bothLayouts(trunk: Trunk): (tensors: Tensors) => Tensors {
  const trained = Object.keys(trainedSpecs(trunk.parameters))
  return (tensors) => {
    const layouts = { packed: packedGraphs, padded: paddedGraphs }
    const all = Object.entries(layouts).map(([layout, graphsOf]) => {
      const pools = (weights: Tensors) => {
        const graphs = graphsOf(tensors)
        const { output, state } = trunk.apply(weights, graphs, true)
        return { mean: graphs.pool('mean', output), max: graphs.pool('max', output), ...state }
      }
      const loss = (...values: Tensor[]): Scalar => {
        const weights = { ...tensors, ...Object.fromEntries(trained.map((name, i) => [name, values[i]])) }
        const { mean, max } = pools(weights)
        return add(sum(square(add(mean, 0.3))), sum(square(add(max, -0.2)))) as Scalar
      }
      const gradients = grads(loss)(trained.map((name) => tensors[name]))
      const results = Object.entries({
        ...pools(tensors),
        ...Object.fromEntries(trained.map((name, i) => [`d ${name}`, gradients[i]])),
      })
      return Object.fromEntries(results.map(([name, tensor]) => [`${layout}: ${name}`, tensor]))
    })
    return Object.assign({}, ...all)
  }
}

describe.each([
  ['normalised by the batch', normalisedTrunk(FEATURES, sizes)],
  ['normalised by the sample', plainTrunk(moments, sizes)],
])('LundNet %s', (_, trunk) => {
  it('gives without padding what it gives with it: values, running statistics, gradients', async () => {
    const specs = Object.fromEntries(
      Object.entries(trunk.parameters).map(([name, { shape }]) => [name, { shape }]),
    )
    const model = traceGraph(bothLayouts(trunk), { ...inputs, ...specs })
    const session = await ort.InferenceSession.create(model, { logSeverityLevel: 3 })
    const weights = initialise(trunk.parameters, 3)
    const known = Object.fromEntries(
      Object.entries(weights).map(([name, data]) => [
        name,
        new ort.Tensor('float32', data, [...trunk.parameters[name].shape]),
      ]),
    )
    for (const [title, batch] of batches) {
      const found = await session.run({ ...feedsOf(batch), ...known })
      const names = Object.keys(found).filter((name) => name.startsWith('packed: '))
      expect(names.length).toBeGreaterThan(10)
      const slopes = names.filter((name) => name.startsWith('packed: d '))
      // Some gradients are zero but for rounding (a shift before a normalisation): none is compared with itself alone.
      const steepest = largest(slopes.flatMap((name) => [...(found[name].data as Float32Array)]))
      for (const name of names) {
        const [actual, expected] = [name, name.replace('packed', 'padded')].map(
          (key) => found[key].data as Float32Array,
        )
        expect(actual).toHaveLength(expected.length)
        const scale = Math.max(1, slopes.includes(name) ? steepest : largest(expected))
        const worst = largest(actual.map((value, i) => value - expected[i]))
        expect(worst / scale, `${title}, ${name}`).toBeLessThan(2e-5)
        expect(actual.every(Number.isFinite), `${title}, ${name}`).toBe(true)
      }
    }
    await session.release()
  })
})

describe('training LundNet', () => {
  const options = NetworkOptions.parse({ ...sizes, dense: 6 })
  const network = lundNetwork(options, { tensors: { nodes: moments } }, 0)
  const program: TrainProgram = {
    inputs: { ...inputs, 'target.signal': { shape: ['batch', 1] }, weight: { shape: ['batch'] } },
    parameters: trainedSpecs(network.parameters),
    state: carriedSpecs(network.parameters),
    optimizer: adamW(),
    loss: (weights, batch, context) => {
      const { terms, state } = network.loss(weights, batch, context)
      return { loss: terms['classes'].value, state }
    },
    evaluate: (weights, batch) => ({
      loss: network.loss(weights, batch).terms['classes'].value,
      ...network.predict(weights, batch),
    }),
  }
  const labelled = (batch: Batch): Batch => {
    const count = batch['mask'].shape[0]
    const signal = Float32Array.from({ length: count }, (_, i) => i % 2)
    return {
      ...batch,
      'target.signal': { data: signal, shape: [count, 1] },
      weight: { data: new Float32Array(count).fill(1), shape: [count] },
    }
  }
  const steps = batches.filter(([, { mask }]) => mask.shape[0] > 0).map(([, batch]) => labelled(batch))
  const initial = initialise(network.parameters, 5)

  it('goes on bit for bit from its state, and stays finite whatever is empty', async () => {
    const whole = await createExecutor({ executor: 'onnx', threads: 2 }, program, initial)
    const resumed = await createExecutor({ executor: 'onnx', threads: 2 }, program, initial)
    try {
      for (const batch of steps.slice(0, 3)) await whole.step(batch, 1e-2)
      await resumed.restore(await whole.state())
      for (const batch of steps.slice(3)) {
        expect(await resumed.step(batch, 1e-2)).toEqual(await whole.step(batch, 1e-2))
      }
      const state = await whole.state()
      expect(await resumed.state()).toEqual(state)
      for (const [name, values] of Object.entries(state)) {
        expect(values.every(Number.isFinite), name).toBe(true)
      }
    } finally {
      await whole.close()
      await resumed.close()
    }
  })

  it('predicts what its loss is of, in the layout of the export', async () => {
    const executor = await createExecutor({ executor: 'onnx' }, program, initial)
    try {
      for (const batch of steps) {
        // All signal: 1 − p would have lost its digits where p is nearly 1.
        const { data, shape } = batch['target.signal']
        const signal = { data: new Float32Array(data.length).fill(1), shape }
        const { loss, probability } = await executor.evaluate({ ...batch, 'target.signal': signal })
        const sum = [...probability].reduce((total, p) => total - Math.log(p), 0)
        expect(loss[0]).toBeCloseTo(sum / probability.length, 4)
      }
    } finally {
      await executor.close()
    }
  })

  it('never adds in place, which ONNX Runtime does wrong with several threads', () => {
    const graph = traceGraph(bothLayouts(normalisedTrunk(FEATURES, sizes)), {
      ...inputs,
      ...Object.fromEntries(
        Object.entries(normalisedTrunk(FEATURES, sizes).parameters).map(([name, { shape }]) => [
          name,
          { shape },
        ]),
      ),
    })
    const text = Buffer.from(graph).toString('latin1')
    expect(text).toContain('NonZero')
    expect(text).not.toContain('Scatter')
  })
})
