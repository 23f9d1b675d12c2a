import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { recipe } from '#spillway/models/higgs/h4l-classifier/recipe.js'
import { runSchema } from '#spillway/train/config.js'
import { train } from '#spillway/train/run.js'
import { type RunResult, readResult } from '#spillway/train/run-folder.js'
import { repository, temporaryFolder } from '../support/cli.js'

const folder = temporaryFolder()
let result: RunResult

beforeAll(async () => {
  const config = runSchema(recipe).parse({
    system: recipe.system,
    data: { files: [repository('demo/data/h4l.arrow')] },
    recipe: { network: { kind: 'rnn', units: 8 } },
    drop: ['global.m12'],
    fit: { epochs: 8, batch: 64, learning_rate: 5e-3 },
    importance: 2,
    executor: { threads: 1 },
  })
  await train({ recipe, config, folder: join(folder.path, 'run'), from: '/', resume: false })
  result = await readResult(join(folder.path, 'run'))
}, 120_000)

const changeOf = (input: string) => result.importance!.find((one) => one.input === input)!.changes

describe('permutation importance', () => {
  it('is worked out for every input, and for those of fixed shape as a whole', () => {
    const names = result.importance!.map(({ input }) => input)
    expect(names).toEqual([
      ...['leptons.*', 'global.*', 'decay.*'],
      ...['leptons.pt', 'leptons.eta', 'leptons.z_association'],
      ...[
        'global.pt4l',
        'global.m12',
        'global.m34',
        'global.cos_theta_star',
        'global.cos_theta1',
        'global.phi_zz',
      ],
      ...['cos_theta_star', 'cos_theta1', 'cos_theta2', 'cos_phi', 'cos_phi1', 'm12', 'm34'].map(
        (n) => `decay.${n}`,
      ),
    ])
  })

  it('is nothing for what the network does not see', () => {
    for (const input of ['global.m12', 'leptons.z_association']) {
      expect(changeOf(input).cross_entropy).toEqual({ mean: 0, deviation: 0 })
    }
  })

  it('raises the loss for what it lives on, more so for all of it', () => {
    expect(changeOf('decay.m34').cross_entropy.mean).toBeGreaterThan(0)
    expect(changeOf('decay.*').cross_entropy.mean).toBeGreaterThan(
      changeOf('decay.cos_theta2').cross_entropy.mean,
    )
    expect(changeOf('decay.*').auc_ggf.mean).toBeLessThan(0)
  })
})
