import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { TrainProgram } from '#spillway/train/executor/index.js'
import { adam, adamW, clipByEntry, clipByGlobalNorm, sgd } from '#spillway/train/trace/index.js'
import { root, textOf } from '../../support/sources.js'
import { type Model, models, programOf } from './models.js'
import { limits, type ParityRow, parityPage, parseParityPage } from './parityPage.js'
import { compareForward, compareTraining, STEPS } from './training.js'

const PAGE = 'docs/parity.md'
const measured: ParityRow[] = []

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

/** The worst of the tensors whose gradient is not zero, after checking all that must hold. */
async function trained(model: Model, program: TrainProgram): Promise<Omit<ParityRow, 'forward'>> {
  const { losses, tensors, output, steps } = await compareTraining(
    model,
    { executor: 'onnx', threads: 1 },
    program,
  )
  expect(steps).toBe(STEPS)
  expect(losses.difference).toBeLessThanOrEqual(limits.training)
  expect(output).toBeLessThanOrEqual(limits.training)
  expect(sum(losses.expected.slice(-6))).toBeLessThan(sum(losses.expected.slice(0, 6)))
  const nullGradient = model.nullGradient ?? []
  const compared = Object.entries(tensors).filter(([name]) => !nullGradient.includes(name))
  expect(compared.filter(([, difference]) => !(difference <= limits.training))).toEqual([])
  const weights = Math.max(...compared.map(([, difference]) => difference))
  return { model: model.name, losses: losses.difference, weights, output, nullGradient }
}

describe(`${STEPS} training steps and forward passes, onnx against tfjs`, () => {
  it.each(models)('$name', async (model) => {
    const forward = await compareForward(model)
    expect(forward).toBeLessThanOrEqual(limits.forward)
    measured.push({ ...(await trained(model, programOf(model))), forward })
  })

  it(`are what ${PAGE} shows, up to the rounding of another processor`, () => {
    expect(measured).toHaveLength(models.length)
    if (process.env['SPILLWAY_WRITE_PARITY'] === '1') writeFileSync(join(root, PAGE), parityPage(measured))
    const shown = parseParityPage(textOf(PAGE))
    expect(shown.map(({ model, nullGradient }) => ({ model, nullGradient }))).toEqual(
      measured.map(({ model, nullGradient }) => ({ model, nullGradient })),
    )
    for (const row of shown) {
      expect(row.forward).toBeLessThanOrEqual(limits.forward)
      expect(Math.max(row.losses, row.weights, row.output)).toBeLessThanOrEqual(limits.training)
    }
    expect(textOf(PAGE)).toBe(parityPage(shown))
  })
})

describe('optimizers', () => {
  const model = models[1]
  it.each([
    ['sgd', programOf(model, sgd())],
    ['sgd with momentum', programOf(model, sgd({ momentum: 0.9 }))],
    ['adamw', programOf(model, adamW({ weightDecay: 0.1 }))],
    ['clipping by norm', programOf(model, adam(), { transformGradients: clipByGlobalNorm(0.05) })],
    ['clipping by entry', programOf(model, sgd(), { transformGradients: clipByEntry(0.02) })],
  ])('%s', async (_, program) => {
    expect((await trained(model, program)).weights).toBeLessThanOrEqual(limits.training)
  })
})
