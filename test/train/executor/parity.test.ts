import { describe, expect, it } from 'vitest'
import { createExecutor, type Executor, type TrainProgram } from '#spillway/train/executor/index.js'
import { initialise } from '#spillway/train/layers/index.js'
import { type Arrays, adam, adamW, clipByEntry, clipByGlobalNorm, sgd } from '#spillway/train/trace/index.js'
import { makeBatch, relativeL2 } from './data.js'
import { type Model, models, programOf } from './models.js'

const STEPS = 20
const SIZES = { B: 8, N: 6 }
const LEARNING_RATE = 2e-3

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

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

/** Trains with both executors from the same weights on the same batches, whose sizes change from step to step. */
async function compare(model: Model, program: TrainProgram): Promise<void> {
  const initial = initialise(model.parameters, 1)
  const expected = await train(await createExecutor({ executor: 'tfjs' }, program, initial), program)
  const actual = await train(
    await createExecutor({ executor: 'onnx', threads: 1 }, program, initial),
    program,
  )
  actual.losses.forEach((loss, i) => {
    expect(Math.abs(loss - expected.losses[i]) / Math.abs(expected.losses[i])).toBeLessThan(1e-4)
  })
  expect(sum(expected.losses.slice(-6))).toBeLessThan(sum(expected.losses.slice(0, 6)))
  expect(actual.state['step'][0]).toBe(STEPS)
  const null_ = new Set(model.nullGradient)
  const drifted = Object.keys(program.parameters)
    .filter((name) => !null_.has(name))
    .map((name) => ({ name, difference: relativeL2(actual.state[name], expected.state[name]) }))
    .filter(({ difference }) => !(difference <= 1e-4))
  expect(drifted).toEqual([])
  for (const name of Object.keys(program.state ?? {})) {
    expect(relativeL2(actual.state[name], expected.state[name])).toBeLessThan(1e-4)
  }
  expect(relativeL2(actual.output, expected.output)).toBeLessThan(1e-4)
}

describe(`${STEPS} training steps, onnx against tfjs`, () => {
  it.each(models)('$name', (model) => compare(model, programOf(model)))
})

describe('optimizers', () => {
  const model = models[1]
  it.each([
    ['sgd', programOf(model, sgd())],
    ['sgd with momentum', programOf(model, sgd({ momentum: 0.9 }))],
    ['adamw', programOf(model, adamW({ weightDecay: 0.1 }))],
    ['clipping by norm', programOf(model, adam(), { transformGradients: clipByGlobalNorm(0.05) })],
    ['clipping by entry', programOf(model, sgd(), { transformGradients: clipByEntry(0.02) })],
  ])('%s', (_, program) => compare(model, program))
})
