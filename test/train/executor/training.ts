import * as ort from 'onnxruntime-node'
import {
  createExecutor,
  type Executor,
  type ExecutorConfig,
  type TrainProgram,
} from '#spillway/train/executor/index.js'
import { initialise } from '#spillway/train/layers/index.js'
import { type Arrays, exportModel } from '#spillway/train/trace/index.js'
import * as tf from '#spillway/train/trace/tf.js'
import { largestDifference, runOnnx, runTfjs, type Sizes, type Tensors } from '../trace/parity.js'
import { makeBatch, relativeL2 } from './data.js'
import { type Model, programOf } from './models.js'

export const STEPS = 20
const SIZES = { B: 8, N: 6 }
const LEARNING_RATE = 2e-3
const FORWARD: readonly Sizes[] = [
  { B: 1, N: 1 },
  { B: 3, N: 7 },
  { B: 32, N: 4 },
  { B: 100, N: 2 },
]

/** Two executors after the same steps. Differences are relative: of tensors ‖a − b‖ / ‖b‖. */
export interface Comparison {
  readonly losses: { readonly expected: readonly number[]; readonly difference: number }
  /** Each trained or carried tensor. */
  readonly tensors: Readonly<Record<string, number>>
  /** The output on a batch that was not trained on. */
  readonly output: number
  readonly steps: number
}

/** Trains with tfjs and with the executor from the same weights on the same batches, of sizes that change. */
export async function compareTraining(
  model: Model,
  config: ExecutorConfig,
  program: TrainProgram = programOf(model),
): Promise<Comparison> {
  const initial = initialise(model.parameters, 1)
  const expected = await train(await createExecutor({ executor: 'tfjs' }, program, initial), program)
  const actual = await train(await createExecutor(config, program, initial), program)
  const relative = actual.losses.map((loss, i) => Math.abs((loss - expected.losses[i]) / expected.losses[i]))
  const names = [...Object.keys(program.parameters), ...Object.keys(program.state ?? {})]
  return {
    losses: { expected: expected.losses, difference: Math.max(...relative) },
    tensors: Object.fromEntries(
      names.map((name) => [name, relativeL2(actual.state[name], expected.state[name])]),
    ),
    output: relativeL2(actual.output, expected.output),
    steps: actual.state['step'][0],
  }
}

interface Trained {
  readonly losses: number[]
  readonly state: Arrays
  readonly output: ArrayLike<number>
}

async function train(executor: Executor, program: TrainProgram): Promise<Trained> {
  const losses: number[] = []
  for (let step = 0; step < STEPS; step++) {
    const batch = makeBatch(program.inputs, { B: SIZES.B + (step % 3), N: SIZES.N - (step % 2) }, step % 4)
    losses.push((await executor.step(batch, LEARNING_RATE))['loss'][0])
  }
  const { output } = await executor.evaluate(makeBatch(program.inputs, { B: 5, N: 4 }, 99))
  const state = await executor.state()
  await executor.close()
  return { losses, state, output }
}

/**
 * Exports the model with its starting weights and gives the largest difference of ONNX Runtime from tfjs over
 * several batch sizes and lengths, relative to the larger of 1 and the largest output.
 */
export async function compareForward(model: Model): Promise<number> {
  const { parameters, inputs, forward } = model
  const initial = initialise(parameters, 1)
  const weights = (): Tensors =>
    Object.fromEntries(
      Object.entries(parameters).map(([name, { shape }]) => [name, tf.tensor(initial[name], [...shape])]),
    )
  const predict = (batch: Tensors): Tensors => ({ output: forward(weights(), batch) })
  const session = await ort.InferenceSession.create(exportModel(predict, inputs), {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  })
  let worst = 0
  for (const [seed, sizes] of FORWARD.entries()) {
    const feeds = Object.fromEntries(
      Object.entries(makeBatch(inputs, sizes, seed)).map(([name, { data, shape }]) => [
        name,
        { data: data as Float32Array, shape: [...shape], dtype: 'float32' },
      ]),
    )
    const { output: expected } = runTfjs(predict, feeds)
    const { output: actual } = await runOnnx(session, feeds)
    worst = Math.max(worst, largestDifference(actual.data as Float32Array, expected.data))
  }
  await session.release()
  return worst
}
