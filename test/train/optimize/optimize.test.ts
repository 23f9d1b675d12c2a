import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { numberRead } from '#spillway/models/feature-builder.js'
import { runSchema } from '#spillway/train/config.js'
import { type OptimizeConfig, OptimizeSchema } from '#spillway/train/optimize/config.js'
import { journaled } from '#spillway/train/optimize/journal.js'
import { type Optimization, optimize } from '#spillway/train/optimize/optimize.js'
import type { TrialJob, TrialPool, TrialResult } from '#spillway/train/optimize/trial.js'
import type { Recipe } from '#spillway/train/recipe.js'
import { temporaryFolder } from '../../support/cli.js'
import { task } from '../data/tasks.js'

const folder = temporaryFolder()

/** Six inputs, of which a and b together make the figure, c repeats b, and the rest is nothing. */
const names = ['a', 'b', 'c', 'd', 'e', 'f']
const recipe: Recipe<object> = {
  system: 'test',
  title: 'A test',
  options: z.strictObject({}),
  data: [],
  presets: { quick: {}, full: {} },
  task: () => {
    const plain = task()
    const tensors = [{ name: 'x', shape: ['n', names.length] as const, components: names }]
    return {
      ...plain,
      builder: { ...plain.builder, reads: names.map((path) => numberRead(path, '')), tensors },
    }
  },
}
const run = runSchema(recipe).parse({ system: 'test', data: { files: ['none.arrow'] }, fit: { epochs: 9 } })

const settings = (over: object = {}): OptimizeConfig =>
  OptimizeSchema.parse({
    objective: { metric: 'auc', direction: 'maximize' },
    space: { 'fit.learning_rate': { kind: 'log', from: 1e-5, to: 1 } },
    search: { brackets: 3, size: 6, startup: 4 },
    second_search: { brackets: 1, size: 6, startup: 0 },
    folds: 3,
    ...over,
  })

/** The figure of what some inputs and a learning rate are worth: best at 1e-2, better with more epochs. */
function figure({ config, epochs }: TrialJob, hidden: readonly string[] = []): number {
  const sees = (name: string): boolean => !config.drop.includes(`x.${name}`) && !hidden.includes(name)
  const rate = Math.log10(config.fit.learning_rate) + 2
  return (
    0.5 +
    (sees('a') ? 0.2 : 0) +
    (sees('b') || sees('c') ? 0.1 : 0) -
    0.01 * rate ** 2 -
    0.02 / epochs +
    0.001 * config.data.split.rotate
  )
}

function result(job: TrialJob): TrialResult {
  const auc = figure(job)
  // An input that is a copy of another is missed when it is shuffled: the network uses both.
  const shuffled = Object.fromEntries(
    names
      .filter((name) => !job.config.drop.includes(`x.${name}`))
      .map((name) => [`x.${name}`, { auc: auc - (name === 'a' ? 0.2 : 'bc'.includes(name) ? 0.05 : 0) }]),
  )
  const overtrained = job.config.fit.learning_rate > 0.1 ? 0.2 : 0.01
  return {
    metrics: { train: { auc: auc + overtrained }, validation: { auc }, test: { auc } },
    shuffled: job.shuffle ? shuffled : {},
    epochs: job.epochs,
    bestEpoch: job.epochs - 1,
  }
}

/** A pool that answers at once or after a while, and can give up. */
function pool(options: { readonly most?: number; readonly delay?: () => number } = {}) {
  const jobs: TrialJob[] = []
  const answers: TrialPool = {
    width: 4,
    async run(job) {
      if (jobs.length >= (options.most ?? Number.POSITIVE_INFINITY)) throw new Error('ended')
      jobs.push(job)
      await new Promise((resolve) => setTimeout(resolve, options.delay?.() ?? 0))
      return result(job)
    },
    close: async () => {},
  }
  return { answers, jobs }
}

const optimized = (config: OptimizeConfig, using: TrialPool): Promise<Optimization> =>
  optimize(recipe, run, config, using)

describe('an optimization', () => {
  it('comes near the best learning rate and never ends below its start', async () => {
    const { answers } = pool()
    const found = await optimized(settings(), answers)
    expect(Math.abs(Math.log10(found.best.fit.learning_rate) + 2)).toBeLessThan(0.5)
    expect(found.search[0].bracket).toBe(0)
    const whole = found.search.filter((trial) => trial.whole)
    expect(whole).toHaveLength(6)
    expect(whole.every(({ epochs }) => epochs === 9)).toBe(true)
    const start = figure({ config: run, epochs: 9, shuffle: false, lineage: '' })
    expect(Math.max(...whole.map(({ value }) => value))).toBeGreaterThanOrEqual(start)
  })

  it('keeps what matters by shuffling, one of two copies by training anew', async () => {
    const left = async (mode: 'shuffle' | 'retrain') => {
      const { answers, jobs } = pool()
      const { elimination, best } = await optimized(settings({ elimination: { mode } }), answers)
      const { inputs } = elimination.iterations[elimination.chosen]
      const all = names.map((name) => `x.${name}`)
      expect(best.drop).toEqual(all.filter((name) => !inputs.includes(name)))
      return { inputs, elimination, jobs }
    }
    const byShuffling = await left('shuffle')
    expect(byShuffling.inputs).toHaveLength(2)
    expect(byShuffling.inputs).toContain('x.a')
    expect(byShuffling.elimination.iterations[0].importance['x.d']).toBe(0)
    expect(byShuffling.elimination.iterations[0].importance['x.b']).toBeCloseTo(0.05)
    const byTraining = await left('retrain')
    expect(byTraining.inputs).toHaveLength(2)
    expect(byTraining.elimination.iterations[0].importance['x.b']).toBeCloseTo(0)
    expect(byTraining.elimination.iterations[0].importance['x.a']).toBeCloseTo(0.2)
    expect(byTraining.jobs.length).toBeGreaterThan(byShuffling.jobs.length)
  })

  it('goes on removing until it costs too much, and takes the fewest inputs that are as good', async () => {
    const { elimination } = await optimized(settings(), pool().answers)
    const { iterations, chosen } = elimination
    expect(iterations.map(({ inputs }) => inputs.length)).toEqual([6, 5, 4, 3, 2, 1])
    expect(chosen).toBe(4)
    expect(iterations[5].value).toBeLessThan(iterations[4].value - 0.02)
    expect(iterations[5].removed).toEqual([])
  })

  it('does not take trials that are overtrained', async () => {
    const free = await optimized(settings(), pool().answers)
    const bound = await optimized(settings({ overtraining: 0.1 }), pool().answers)
    expect(free.search.every(({ accepted }) => accepted)).toBe(true)
    const rejected = bound.search.filter(({ accepted }) => !accepted)
    expect(rejected.length).toBeGreaterThan(0)
    for (const { values } of rejected) expect(values['fit.learning_rate']).toBeGreaterThan(0.1)
    expect(bound.best.fit.learning_rate).toBeLessThan(0.1)
  })

  it('tests every fold, of the start and of the best', async () => {
    const { answers, jobs } = pool()
    const { crossValidation } = await optimized(settings(), answers)
    expect(crossValidation.map(({ name }) => name)).toEqual(['start', 'best'])
    const [{ folds, test }] = crossValidation
    expect(folds).toHaveLength(3)
    const mean = folds.reduce((sum, fold) => sum + fold.test, 0) / 3
    expect(test.mean).toBeCloseTo(mean, 12)
    expect(test.deviation).toBeCloseTo(0.001 / 3, 8)
    const splits = jobs.filter(({ lineage }) => lineage === 'folds').map(({ config }) => config.data.split)
    expect(splits.slice(0, 3).map(({ rotate }) => rotate)).toEqual([0, 1 / 3, 2 / 3])
    for (const split of splits) expect(split.test).toBe(1 / 3)
  })

  it('refuses an objective that the recipe does not give', async () => {
    const config = settings({ objective: { metric: 'f1', direction: 'maximize' } })
    await expect(optimized(config, pool().answers)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})

describe('the journal', () => {
  it('makes no difference to when trials end, or to an optimization that was stopped anywhere', async () => {
    const config = settings({ overtraining: 0.1 })
    const plain = pool()
    const whole = await optimized(config, plain.answers)
    let state = 1
    const slow = pool({ delay: () => (state = (state * 7) % 11) })
    expect(await optimized(config, slow.answers)).toEqual(whole)
    const count = new Set(plain.jobs.map((job) => JSON.stringify(job))).size
    for (const most of [1, 7, 20, count - 1]) {
      const path = join(folder.path, `journal-${most}.jsonl`)
      const first = pool({ most })
      await expect(optimized(config, await journaled(path, first.answers))).rejects.toThrow('ended')
      // Those that were running end, and are written down too.
      const written = () => readFileSync(path, 'utf8').trimEnd().split('\n').length
      await vi.waitFor(() => expect(written()).toBe(first.jobs.length), 10_000)
      // A line that the crash cut off.
      appendFileSync(path, '{"id":"half')
      const second = pool()
      expect(await optimized(config, await journaled(path, second.answers))).toEqual(whole)
      expect(first.jobs.length + second.jobs.length).toBe(count)
      expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(count)
    }
  })

  it('says where it is broken', async () => {
    const path = join(folder.path, 'broken.jsonl')
    writeFileSync(path, 'nonsense\n{}\n')
    await expect(journaled(path, pool().answers)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      place: path,
    })
  })
})
