import * as tf from '@tensorflow/tfjs'
import * as ort from 'onnxruntime-node'
import { type InputSpec, traceGraph } from '#spillway/train/trace/index.js'
import { normals, uniform } from '../../support/random.js'

tf.enableProdMode()

export type Tensors = Readonly<Record<string, tf.Tensor>>
export type Sizes = Readonly<Record<string, number>>

/** An input and the numbers to try it with. */
export interface ParityInput extends InputSpec {
  /** `normal` unless given; `index:K` are integers in [0, K) where K may name an axis; `mask` are zeros and ones,
   *  `prefix` rows of ones and then zeros. */
  readonly values?: 'normal' | 'weight' | 'positive' | 'unit' | 'mask' | 'prefix' | `index:${string}`
}

export interface ParityCase {
  readonly name: string
  readonly inputs: Readonly<Record<string, ParityInput>>
  readonly fn: (inputs: Tensors) => tf.Tensor | tf.Tensor[] | Tensors
  /** What TensorFlow.js computes instead of `fn`, where it cannot do `fn` itself. */
  readonly reference?: ParityCase['fn']
  /** The inputs to differentiate with respect to; none unless given. */
  readonly gradients?: readonly string[]
  /**
   * Inputs whose true gradient is zero: what rounding leaves is compared relative to the largest gradient of the case, as
   * it has no size of its own.
   */
  readonly nullGradient?: readonly string[]
  /** Allowed difference relative to the largest value of the output; 1e-5 unless given. */
  readonly tolerance?: number
  readonly contrib?: boolean
}

export interface ParityResult {
  /** Largest difference over all outputs and sizes, relative to the larger of 1 and the largest value. */
  readonly worst: number
  /** How many numbers were compared. */
  readonly compared: number
}

type Feeds = Record<string, { data: Float32Array | Int32Array | Uint8Array; shape: number[]; dtype: string }>

/** Traces the case once and compares ONNX Runtime with TensorFlow.js at every size: values, then gradients. */
export async function compareCase(parity: ParityCase, sizes: readonly Sizes[]): Promise<ParityResult> {
  const reference = { ...parity, fn: parity.reference ?? parity.fn }
  const forward = (inputs: Tensors) => named(parity.fn(inputs))
  const values = await compareFunction(parity, forward, (inputs) => named(reference.fn(inputs)), sizes)
  if (!parity.gradients?.length) return values
  const gradients = await compareFunction(
    parity,
    (inputs) => gradientsOf(parity, inputs),
    (inputs) => gradientsOf(reference, inputs),
    sizes,
  )
  return {
    worst: Math.max(values.worst, gradients.worst),
    compared: values.compared + gradients.compared,
  }
}

async function compareFunction(
  parity: ParityCase,
  fn: (inputs: Tensors) => Tensors,
  reference: (inputs: Tensors) => Tensors,
  sizes: readonly Sizes[],
): Promise<ParityResult> {
  const model = traceGraph(fn, parity.inputs, { contrib: parity.contrib })
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 3 })
  let worst = 0
  let compared = 0
  for (const [i, size] of sizes.entries()) {
    const feeds = makeFeeds(parity.inputs, size, 17 + i)
    const expected = runTfjs(reference, feeds)
    const actual = await runOnnx(session, feeds)
    const largest = Object.values(expected).reduce((most, { data }) => Math.max(most, largestOf(data)), 1)
    const noise = new Set(parity.nullGradient?.map((name) => `d_${name}`))
    for (const [name, want] of Object.entries(expected)) {
      const got = actual[name]
      if (`${got.dims}` !== `${want.shape}`) {
        throw new Error(`${name} at ${JSON.stringify(size)}: shape [${got.dims}], expected [${want.shape}]`)
      }
      const least = noise.has(name) ? largest : 1
      const difference = largestDifference(got.data as ArrayLike<number>, want.data, least)
      if (difference > (parity.tolerance ?? 1e-5) * 1e3) {
        throw new Error(
          `${name} at ${JSON.stringify(size)}: got ${[...(got.data as Float32Array)].slice(0, 8)}, expected ${[...want.data].slice(0, 8)}`,
        )
      }
      worst = Math.max(worst, difference)
      compared += want.data.length
    }
  }
  await session.release()
  return { worst, compared }
}

/** How many numbers the case gives at these sizes, all of which must be finite; for sizes that tfjs cannot do. */
export async function finiteCount(parity: ParityCase, sizes: Sizes): Promise<number> {
  const model = traceGraph((inputs) => named(parity.fn(inputs)), parity.inputs, { contrib: parity.contrib })
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 3 })
  const outputs = await runOnnx(session, makeFeeds(parity.inputs, sizes, 5))
  await session.release()
  const numbers = Object.values(outputs).flatMap((t) => Array.from(t.data as Float32Array, Number))
  const bad = numbers.filter((v) => !Number.isFinite(v)).length
  if (bad > 0)
    throw new Error(`${bad} of ${numbers.length} numbers are not finite at ${JSON.stringify(sizes)}`)
  return numbers.length
}

/** The gradients of a loss that weighs every output differently. */
function gradientsOf({ fn, gradients = [] }: ParityCase, inputs: Tensors): Tensors {
  const loss = (...xs: tf.Tensor[]) => {
    const replaced = { ...inputs, ...Object.fromEntries(gradients.map((name, i) => [name, xs[i]])) }
    const terms = Object.values(named(fn(replaced)))
      .filter((t) => t.dtype === 'float32')
      .map((t) => tf.sum(tf.square(tf.add(t, 0.3))))
    return terms.reduce((a, b) => tf.add(a, b)) as tf.Scalar
  }
  const all = tf.grads(loss as never)(gradients.map((name) => inputs[name]))
  return Object.fromEntries(gradients.map((name, i) => [`d_${name}`, all[i]]))
}

function named(result: tf.Tensor | tf.Tensor[] | Tensors): Tensors {
  if (result instanceof tf.Tensor) return { y: result }
  if (Array.isArray(result)) return Object.fromEntries(result.map((t, i) => [`y${i}`, t]))
  return result
}

export function makeFeeds(inputs: Readonly<Record<string, ParityInput>>, sizes: Sizes, seed: number): Feeds {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, dtype = 'float32', values = 'normal' }], i) => {
      const dims = shape.map((dim) => (typeof dim === 'string' ? sizes[dim] : dim))
      const numbers = makeNumbers(values, dims, sizes, seed * 100 + i)
      const data =
        dtype === 'int32'
          ? Int32Array.from(numbers)
          : dtype === 'bool'
            ? Uint8Array.from(numbers)
            : Float32Array.from(numbers)
      return [name, { data, shape: dims, dtype }]
    }),
  )
}

function makeNumbers(values: string, dims: readonly number[], sizes: Sizes, seed: number): ArrayLike<number> {
  const next = uniform(seed)
  const count = dims.reduce((a, b) => a * b, 1)
  if (values === 'weight') return normals(count, seed).map((v) => 0.4 * v)
  if (values === 'prefix') {
    const length = dims[1]
    const rows = Array.from({ length: dims[0] }, () => Math.floor(next() * (length + 1)))
    return Float32Array.from({ length: count }, (_, i) => (i % length < rows[Math.floor(i / length)] ? 1 : 0))
  }
  if (values === 'positive') return Float32Array.from({ length: count }, () => 0.2 + 2 * next())
  if (values === 'unit') return Float32Array.from({ length: count }, () => 1.8 * next() - 0.9)
  if (values === 'mask') return Float32Array.from({ length: count }, () => (next() < 0.6 ? 1 : 0))
  if (values.startsWith('index:')) {
    const limit = values.slice('index:'.length)
    const classes = sizes[limit] ?? Number(limit)
    return Float32Array.from({ length: count }, () => Math.floor(next() * classes))
  }
  return normals(count, seed)
}

export function runTfjs(fn: (inputs: Tensors) => Tensors, feeds: Feeds) {
  tf.setBackend('cpu')
  return tf.tidy(() => {
    const inputs = Object.entries(feeds).map(([name, { data, shape, dtype }]) => [
      name,
      tf.tensor(data, shape, dtype as tf.DataType),
    ])
    const outputs = Object.entries(fn(Object.fromEntries(inputs) as Tensors))
    return Object.fromEntries(
      outputs.map(([name, t]) => [name, { data: t.dataSync().slice(), shape: t.shape }]),
    )
  })
}

export async function runOnnx(
  session: ort.InferenceSession,
  feeds: Feeds,
): Promise<Record<string, ort.Tensor>> {
  const used = Object.entries(feeds).filter(([name]) => session.inputNames.includes(name))
  const tensors = used.map(([name, { data, shape, dtype }]) => [
    name,
    new ort.Tensor(dtype as 'float32', data as Float32Array, shape),
  ])
  return (await session.run(Object.fromEntries(tensors))) as Record<string, ort.Tensor>
}

/** The largest difference, relative to the larger of `least` and the largest expected value; NaN counts as infinite. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>, least = 1): number {
  const scale = Math.max(least, largestOf(expected))
  let worst = 0
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(Number(actual[i]) - expected[i])
    worst = Math.max(worst, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference)
  }
  return worst / scale
}

function largestOf(values: ArrayLike<number>): number {
  let largest = 0
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]))
  return largest
}
