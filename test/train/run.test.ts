import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readBundle } from '#spillway/models/manifest.js'
import { recipes } from '#spillway/models/recipes.js'
import { type RunConfig, runSchema } from '#spillway/train/config.js'
import { openSample } from '#spillway/train/data/sample.js'
import { initialise } from '#spillway/train/layers/index.js'
import { prove } from '#spillway/train/prove.js'
import type { Network, Recipe } from '#spillway/train/recipe.js'
import { type TrainOptions, train } from '#spillway/train/run.js'
import { mul, reciprocal, sub } from '#spillway/train/trace/tf.js'
import { repository, spillway, temporaryFolder } from '../support/cli.js'

const folder = temporaryFolder()
const recipe = await recipes[0].recipe()

const config = (more: object = {}): RunConfig =>
  runSchema(recipe).parse({
    system: recipe.system,
    data: { files: [repository('demo/data/zj.arrow')], fraction: 0.2 },
    recipe: { network: { kind: 'mlp', widths: [8], dropout: 0.2 } },
    fit: { epochs: 2, batch: 256 },
    executor: { threads: 1 },
    ...more,
  })

const run = (name: string, more: Partial<TrainOptions> = {}) =>
  train({
    recipe: recipe as Recipe,
    config: config(),
    folder: join(folder.path, name),
    from: '/',
    resume: false,
    ...more,
  })

const digest = (name: string): string => readBundle(join(folder.path, name, 'bundle')).manifest.model.sha256

describe('a run', () => {
  it('that is interrupted and resumed makes the same model, bit for bit, as one that is not', async () => {
    const whole = await run('whole')
    expect(whole.result?.history).toHaveLength(2)
    const stop = new AbortController()
    const interrupted = await run('resumed', {
      signal: stop.signal,
      onProgress: (stage, done) => {
        if (stage === 'training' && done === 5) stop.abort()
      },
    })
    expect(interrupted.result).toBeNull()
    const { result } = await run('resumed', { resume: true })
    expect(result?.history).toEqual(whole.result?.history)
    expect(result?.metrics).toEqual(whole.result?.metrics)
    expect(digest('resumed')).toBe(digest('whole'))
  }, 60_000)

  it('does not overwrite another', async () => {
    await expect(run('whole')).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' })
  })

  it('depends on its seed', async () => {
    await run('seeded', { config: config({ seed: 2 }) })
    expect(digest('seeded')).not.toBe(digest('whole'))
  }, 60_000)
})

describe('the proof', () => {
  /** The recipe's network, with a graph that says something else than training saw. */
  async function proved(spoil: (network: Network) => Network) {
    const task = recipe.task(config().recipe)
    await using sample = await openSample(task, config().data, '/')
    const network = task.network(sample.statistics)
    return prove(task, spoil(network), initialise(network.parameters, 1), sample)
  }

  it('compares at many sizes, none included', async () => {
    const { parity } = await proved((network) => network)
    expect(parity.map(({ shapes }) => shapes['derived'][0])).toEqual([0, 1, 2, 3, 7, 16, 33])
    expect(Math.max(...parity.map(({ difference }) => difference))).toBeLessThan(1e-5)
  }, 60_000)

  it('refuses numbers that are not finite', async () => {
    const spoilt = proved((network) => ({
      ...network,
      predict: (weights, inputs) => {
        const { fractions } = network.predict(weights, inputs)
        return { fractions: reciprocal(mul(sub(fractions, fractions), 1)) }
      },
    }))
    await expect(spoilt).rejects.toMatchObject({ code: 'EXPORT_DIFFERS' })
  }, 60_000)
})

describe('the command', () => {
  it('says which key is wrong, and which was meant', async () => {
    const ended = await spillway([
      'train',
      'lundnet',
      '--out',
      join(folder.path, 'x'),
      '--set',
      'fit.epoch=3',
    ])
    expect(ended.code).toBe(1)
    expect(ended.err).toContain('unknown key epoch in fit; did you mean epochs?')
    const unknown = await spillway(['train', 'lundnett'])
    expect(unknown.err).toContain('Did you mean lundnet?')
  })

  it('takes keys of a map without its kind, and another kind without the keys of the first', async () => {
    const file = folder.file('run.yaml', 'fit: { schedule: { kind: one_cycle }, epochs: 1 }\n')
    const out = join(folder.path, 'yaml')
    const sets = ['fit.optimizer.weight_decay=0.5', 'recipe.network.widths=[4]', 'data.fraction=0.05']
    const ended = await spillway([
      ...['train', 'polarization-regression', '--config', file, '--out', out, '--quiet'],
      ...['--data', repository('demo/data/zj.arrow')],
      ...sets.flatMap((set) => ['--set', set]),
    ])
    expect(ended).toMatchObject({ code: 0, err: '' })
    expect(ended.out).toContain('r2_r_l')
    const { manifest } = readBundle(join(out, 'bundle'))
    expect(manifest.trained).toMatchObject({
      config: {
        data: { files: ['zj.arrow'] },
        fit: {
          schedule: { kind: 'one_cycle', rise: 0.3 },
          optimizer: { kind: 'adamw', weight_decay: 0.5 },
        },
      },
    })
  }, 60_000)

  it('does not evaluate what does not say how it was trained', async () => {
    const ended = await spillway([
      ...[
        'evaluate',
        repository('test/data/models/polarization'),
        '--data',
        repository('demo/data/zj.arrow'),
      ],
      ...['--out', join(folder.path, 'scores.arrow')],
    ])
    expect(ended.code).toBe(1)
    expect(ended.err).toContain('MODEL_INVALID')
  })
})
