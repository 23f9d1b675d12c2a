import * as ort from 'onnxruntime-node'
import {
  type Arrays,
  type Batch,
  exportModel,
  type InputSpecs,
  type Numbers,
  type StateSpecs,
  type Tensors,
} from '../trace/index.js'
import { type DataType, enableProdMode, getBackend, setBackend, tensor, tidy } from '../trace/tf.js'

/** The part of a trained program that is exported: no targets, no auxiliary outputs. */
export interface Prediction {
  readonly inputs: InputSpecs
  readonly weights: StateSpecs
  readonly predict: (weights: Tensors, inputs: Tensors) => Tensors
}

export interface ParityEntry {
  /** Shapes of the inputs. */
  readonly shapes: Readonly<Record<string, readonly number[]>>
  /** Largest |onnx − tfjs| over all outputs, relative to the larger of 1 and the largest |tfjs| of the output. */
  readonly difference: number
  /** Numbers compared. */
  readonly count: number
  /** Whether every number that ONNX Runtime gave is finite. */
  readonly finite: boolean
  /** False where TensorFlow.js itself cannot compute these sizes (empty ones): then only finiteness is checked. */
  readonly compared: boolean
}

export interface ExportResult {
  readonly onnx: Uint8Array
  readonly parity: readonly ParityEntry[]
}

/**
 * Exports trained weights as an ONNX model whose weights are constants, then runs it and TensorFlow.js on each of
 * `samples`, which should span many batch sizes and lengths, zero included.
 */
export async function exportWithProof(
  prediction: Prediction,
  weights: Arrays,
  samples: readonly Batch[],
): Promise<ExportResult> {
  const onnx = exportModel((inputs) => predictWith(prediction, weights, inputs), prediction.inputs)
  const session = await ort.InferenceSession.create(onnx)
  try {
    const parity: ParityEntry[] = []
    for (const sample of samples) parity.push(await compare(prediction, weights, session, sample))
    return { onnx, parity }
  } finally {
    await session.release()
  }
}

function predictWith({ weights: specs, predict }: Prediction, weights: Arrays, inputs: Tensors): Tensors {
  const tensors = Object.entries(specs).map(([name, { shape, dtype = 'float32' }]) => [
    name,
    tensor(weights[name], [...shape], dtype),
  ])
  return predict(Object.fromEntries(tensors) as Tensors, inputs)
}

async function compare(
  prediction: Prediction,
  weights: Arrays,
  session: ort.InferenceSession,
  sample: Batch,
): Promise<ParityEntry> {
  const feeds = Object.entries(prediction.inputs).map(([name, { dtype = 'float32' }]) => {
    const { data, shape } = sample[name]
    return [name, new ort.Tensor(dtype as 'float32', data as Float32Array, [...shape])] as const
  })
  const actual = await session.run(Object.fromEntries(feeds))
  const shapes = Object.fromEntries(Object.keys(prediction.inputs).map((name) => [name, sample[name].shape]))
  const finite = Object.values(actual).every((t) => (t.data as Numbers).every((v) => Number.isFinite(v)))
  const expected = reference(prediction, weights, sample)
  if (expected === undefined) return { shapes, difference: 0, count: 0, finite, compared: false }
  const names = Object.keys(expected)
  const differences = names.map((name) => relative(actual[name].data as Numbers, expected[name]))
  const count = names.reduce((sum, name) => sum + expected[name].length, 0)
  return { shapes, difference: Math.max(...differences), count, finite, compared: true }
}

/** TensorFlow.js's answer on its plain CPU backend; undefined when it cannot compute an empty sample. */
export function reference(prediction: Prediction, weights: Arrays, sample: Batch): Arrays | undefined {
  const isEmpty = Object.values(sample).some(({ shape }) => shape.includes(0))
  const previous = getBackend()
  // Without this TensorFlow.js prints an advertisement for its own native backend.
  enableProdMode()
  setBackend('cpu')
  try {
    return tidy(() => {
      const inputs = Object.entries(prediction.inputs).map(([name, { dtype = 'float32' }]) => {
        const { data, shape } = sample[name]
        return [name, tensor(data, [...shape], dtype as DataType)]
      })
      const outputs = predictWith(prediction, weights, Object.fromEntries(inputs) as Tensors)
      return Object.fromEntries(
        Object.entries(outputs).map(([name, t]) => [name, t.dataSync().slice() as Numbers]),
      )
    })
  } catch (error) {
    if (isEmpty) return undefined
    throw error
  } finally {
    setBackend(previous)
  }
}

function relative(actual: Numbers, expected: Numbers): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY
  let scale = 1
  let worst = 0
  for (let i = 0; i < expected.length; i++) {
    scale = Math.max(scale, Math.abs(expected[i]))
    const difference = Math.abs(actual[i] - expected[i])
    worst = Math.max(worst, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference)
  }
  return worst / scale
}
