import { describe, expect, it } from 'vitest'
import { closureOf } from '#spillway/models/reweighting/phase-space/closure.js'
import { NetworkOptions, reweighter } from '#spillway/models/reweighting/phase-space/network.js'
import { areaBetween } from '#spillway/models/reweighting/phase-space/templates.js'
import { areaUnder } from '#spillway/report/weighted-roc.js'
import { arrayDataset, cosine, fit as train } from '#spillway/train/fit/index.js'
import { carriedSpecs, initialise, trainedSpecs } from '#spillway/train/layers/index.js'
import { normalRandom, uniformRandom } from '#spillway/train/layers/initial.js'
import { adam } from '#spillway/train/trace/index.js'
import { add, grads, type Scalar, type Tensor, tensor, zerosLike } from '#spillway/train/trace/tf.js'

const statistics = { tensors: { kinematics: { mean: [0], deviation: [1] } } }

interface TrainingSample {
  readonly x: Float32Array
  /** Of the target and of the source, by event. */
  readonly shares: Float32Array
  readonly weight: Float32Array
}

/** Trains on 20,000 events, the rest for validation; weight, probability and closure at given values. */
async function trained({ x, shares, weight }: TrainingSample) {
  const network = reweighter(NetworkOptions.parse({ layers: 1, units: 8 }), statistics)
  const data = (from: number, to: number) =>
    arrayDataset(
      {
        kinematics: { data: x.slice(from, to), shape: [to - from, 1] },
        'target.sample': { data: shares.slice(2 * from, 2 * to), shape: [to - from, 2] },
        weight: { data: weight.slice(from, to), shape: [to - from] },
      },
      { batchSize: 500, seed: 1 },
    )
  const total = (weights: Record<string, Tensor>, batch: Record<string, Tensor>) => {
    const { terms } = network.loss(weights, batch)
    return add(terms['ratio'].value, terms['closure'].value) as Scalar
  }
  const { weights } = await train({
    program: {
      inputs: {
        kinematics: { shape: ['batch', 1] },
        'target.sample': { shape: ['batch', 2] },
        weight: { shape: ['batch'] },
      },
      parameters: trainedSpecs(network.parameters),
      state: carriedSpecs(network.parameters),
      optimizer: adam(),
      loss: (w, batch) => ({ loss: total(w, batch), state: {} }),
      evaluate: (w, batch) => ({ loss: total(w, batch) }),
    },
    initial: initialise(network.parameters, 2),
    train: data(0, 20_000),
    validation: data(20_000, x.length),
    schedule: cosine({ peak: 5e-3, steps: 40 * 20, warmup: 10 }),
    epochs: 20,
    executor: { executor: 'onnx', threads: 1 },
  })
  const tensors = Object.fromEntries(
    Object.entries(network.parameters).map(([name, { shape }]) => [name, tensor(weights[name], [...shape])]),
  )
  return (values: ArrayLike<number>): number[][] =>
    network
      .predict(tensors, { kinematics: tensor([...Array.from(values)], [values.length, 1]) })
      ['reweighting'].arraySync() as number[][]
}

describe('the network', () => {
  const network = reweighter(NetworkOptions.parse({ layers: 1, units: 8 }), statistics)

  it('lets nothing of the second classifier flow into the weights', () => {
    const initial = initialise(network.parameters, 5)
    const tensors = Object.fromEntries(
      Object.entries(network.parameters).map(([name, { shape }]) => [
        name,
        tensor(initial[name], [...shape]),
      ]),
    )
    const batch = {
      kinematics: tensor([0.3, -1, 2, 0.1], [4, 1]),
      'target.sample': tensor([0, 1, 1, 0, 0.3, 1, -0.2, 0.5], [4, 2]),
      weight: tensor([1, 1, 2, -0.5]),
    }
    const gradientsOf = (part: string, terms: readonly string[]): number[][] => {
      const names = Object.keys(tensors).filter((name) => name.startsWith(part))
      const found = grads((...values: Tensor[]) => {
        const given = Object.fromEntries(names.map((name, k) => [name, values[k]]))
        const loss = network.loss({ ...tensors, ...given }, batch)
        return terms.map((term) => loss.terms[term].value as Tensor).reduce((a, b) => add(a, b)) as Scalar
      })(names.map((name) => tensors[name]))
      return found.map((one) => [...one.dataSync()])
    }
    expect(gradientsOf('ratio', ['ratio', 'closure'])).toEqual(gradientsOf('ratio', ['ratio']))
    expect(
      gradientsOf('closure', ['ratio', 'closure'])
        .flat()
        .some((value) => value !== 0),
    ).toBe(true)
  })

  const tensorsOf = (of: typeof network, seed: number): Record<string, Tensor> => {
    const initial = initialise(of.parameters, seed)
    return Object.fromEntries(
      Object.entries(of.parameters).map(([name, { shape }]) => [name, tensor(initial[name], [...shape])]),
    )
  }

  it('weighs by the mean of its members, each within the bounds', () => {
    const options = { layers: 1, units: 8, largest: 1.5, smallest: 0.2 }
    const of = (members: number) => reweighter(NetworkOptions.parse({ ...options, members }), statistics)
    const together = tensorsOf(of(3), 6)
    const batch = { kinematics: tensor([-2, -0.3, 0.4, 3], [4, 1]) }
    const answers = (weights: Record<string, Tensor>, members: number): number[][] =>
      of(members).predict(weights, batch)['reweighting'].arraySync() as number[][]
    const each = [0, 1, 2].map((k) => {
      const renamed = Object.entries(together).map(
        ([name, value]) => [name.replace(`ratio/${k}/`, 'ratio/'), value] as const,
      )
      return answers(Object.fromEntries(renamed), 1).map(([weight]) => weight)
    })
    expect(Math.max(...each.flat())).toBeCloseTo(1.5, 6)
    expect(Math.min(...each.flat())).toBeGreaterThan(0.199)
    answers(together, 3).forEach(([weight, probability], row) => {
      expect(weight).toBeCloseTo((each[0][row] + each[1][row] + each[2][row]) / 3, 6)
      expect(probability).toBeCloseTo(weight / (1 + weight), 6)
    })
  })

  it.each(['cross-entropy', 'square-root'] as const)(
    'has the least %s at the ratio of the shares',
    (loss) => {
      const one = reweighter(NetworkOptions.parse({ layers: 1, units: 2, loss }), statistics)
      const flat = Object.fromEntries(
        Object.entries(tensorsOf(one, 1)).map(([name, value]) => [name, zerosLike(value)]),
      )
      const batch = {
        kinematics: tensor([0.3, -1, 2], [3, 1]),
        'target.sample': tensor([0.1, 1, 2.3, 1, 0, 0.8], [3, 2]),
        weight: tensor([1, 0.5, 2]),
      }
      const ratio = (0.1 + 0.5 * 2.3) / (1 + 0.5 + 2 * 0.8)
      const at = (logit: number): number => {
        const weights = { ...flat, 'ratio/1/bias': tensor([logit]) }
        return (one.loss(weights, batch).terms['ratio'].value as Tensor).dataSync()[0]
      }
      const [below, least, above] = [-0.05, 0, 0.05].map((step) => at(Math.log(ratio) + step))
      expect(below).toBeGreaterThan(least)
      expect(above).toBeGreaterThan(least)
      expect(Math.abs(below - above)).toBeLessThan(0.1 * (below + above - 2 * least))
    },
  )

  it('finds the ratio of two densities, with negative weights among those of the source', async () => {
    // Source: normal around 0, less a tenth of a normal around 1 (negative weights). Target: normal around 0.5.
    const normal = normalRandom(3)
    const uniform = uniformRandom(4)
    const rows = 24_000
    const isTarget = Float32Array.from({ length: rows }, (_, i) => i % 2)
    const shares = Float32Array.from({ length: 2 * rows }, (_, k) => ((k >> 1) % 2 === k % 2 ? 0 : 1))
    const weight = new Float32Array(rows)
    const x = Float32Array.from({ length: rows }, (_, i) => {
      const isNegative = i % 2 === 0 && uniform() < 0.1
      // Σ of source weights: 0.9 · w − 0.1 · w = 1.
      weight[i] = i % 2 === 1 ? 1 : isNegative ? -1.25 : 1.25
      return normal() + (i % 2 === 1 ? 0.5 : isNegative ? 1 : 0)
    })
    const predicted = await trained({ x, shares, weight })
    const bell = (z: number): number => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI)
    const points = [-1, -0.5, 0, 0.5, 1, 1.5]
    predicted(points).forEach(([found], i) => {
      const z = points[i]
      const [target, source] = [bell(z - 0.5), 1.125 * bell(z) - 0.125 * bell(z - 1)]
      // Three standard deviations of what half a unit of x holds of 10,000 training events each.
      const events = 10_000 * 0.5
      const inSource = events * (0.9 * bell(z) + 0.1 * bell(z - 1))
      const error = Math.hypot(
        1 / Math.sqrt(events * target),
        (1.25 * Math.sqrt(inSource)) / (events * source),
      )
      expect(Math.abs((found * source) / target - 1), `x = ${z}`).toBeLessThan(3 * error)
    })
    // The second classifier has found nothing that holds on other events; the first could tell the samples apart.
    const rest = x.slice(20_000)
    const signal = isTarget.slice(20_000)
    const scores = predicted(rest)
    const before = weight.slice(20_000)
    const after = before.map((w, i) => (signal[i] === 1 ? w : w * scores[i][0]))
    const area = (column: number, weights: Float32Array): number =>
      areaUnder({ score: scores.map((row) => row[column]), signal, weight: weights })
    expect(area(1, before)).toBeGreaterThan(0.62)
    expect(Math.abs(area(2, after) - 0.5)).toBeLessThan(0.03)
  }, 120_000)

  it('finds the share of a template in the sample that it is of, with shares below zero', async () => {
    // A share of 0.1 to 0.5 along x, by an event between −0.5 and 1.1: many of those at low x are negative.
    const normal = normalRandom(5)
    const uniform = uniformRandom(6)
    const rows = 24_000
    const truth = (z: number): number => 0.3 + 0.2 * Math.tanh(z)
    const x = Float32Array.from({ length: rows }, () => normal())
    const shares = Float32Array.from({ length: 2 * rows }, (_, k) =>
      k % 2 === 1 ? 1 : truth(x[k >> 1]) + 1.2 * (uniform() - 0.5),
    )
    expect(shares.some((share) => share < 0)).toBe(true)
    const predicted = await trained({ x, shares, weight: new Float32Array(rows).fill(1) })
    const points = [-1, 0, 1]
    predicted(points).forEach(([found], i) => {
      // Half a unit of x holds about 20,000 · 0.5 · density events, of a spread of 1.2 / √12 each.
      const events = 10_000 * (Math.exp(-0.5 * points[i] ** 2) / Math.sqrt(2 * Math.PI))
      expect(Math.abs(found - truth(points[i])), `x = ${points[i]}`).toBeLessThan(
        (4 * 0.35) / Math.sqrt(events),
      )
    })
    const rest = x.slice(20_000)
    const scores = predicted(rest)
    const column = (k: number): Float64Array => Float64Array.from(scores, (row) => row[k])
    const target = Float64Array.from(rest, (_, i) => shares[2 * (20_000 + i)])
    const ones = new Float64Array(rest.length).fill(1)
    expect(areaBetween(column(1), ones, target)(ones)).toBeGreaterThan(0.55)
    expect(Math.abs(areaBetween(column(2), column(0), target)(ones) - 0.5)).toBeLessThan(0.05)
    const { chiSquare, freedom } = closureOf(Float64Array.from(rest), [-2, -1, 0, 1, 2], column(0), target)
    expect(freedom).toBe(3)
    expect(chiSquare).toBeLessThan(20)
  }, 120_000)
})
