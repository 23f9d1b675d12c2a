import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { repository, spillway, temporaryFolder } from '../../support/cli.js'
import { tiny } from './tiny.js'

const folder = temporaryFolder()
const whole = join(folder.path, 'whole')

describe('spillway optimize', () => {
  beforeAll(async () => {
    const ended = await spillway(['optimize', 'ssww-polarization', '--out', whole, ...tiny])
    expect(ended).toMatchObject({ code: 0, err: '' })
  }, 240_000)

  it('writes what it found: the best run, a report with its twin, a journal', () => {
    const html = readFileSync(join(whole, 'report.html'), 'utf8')
    for (const part of ['Search on all inputs', 'Importance by iteration', 'Cross-validation'])
      expect(html).toContain(part)
    expect(/NaN|undefined|Infinity/.test(html)).toBe(false)
    const { facts } = JSON.parse(readFileSync(join(whole, 'report.json'), 'utf8'))
    expect(facts.crossValidation).toHaveLength(2)
    const [{ inputs, importance }] = facts.elimination.iterations
    expect(Object.keys(importance).sort()).toEqual([...inputs].sort())
    expect(existsSync(join(whole, 'trials'))).toBe(false)
  })

  it.each([0.2, 0.7])(
    'goes on after %d of its trials as if it had not been stopped',
    async (share) => {
      const resumed = join(folder.path, `resumed-${share}`)
      mkdirSync(resumed)
      copyFileSync(join(whole, 'optimize.yaml'), join(resumed, 'optimize.yaml'))
      const lines = readFileSync(join(whole, 'journal.jsonl'), 'utf8').trimEnd().split('\n')
      writeFileSync(join(resumed, 'journal.jsonl'), `${lines.slice(0, share * lines.length).join('\n')}\n`)
      const ended = await spillway([
        ...['optimize', 'ssww-polarization', '--out', resumed, '--resume', '--quiet', '--processes', '1'],
      ])
      expect(ended).toMatchObject({ code: 0, err: '' })
      for (const file of ['optimization.json', 'best.yaml', 'report.json']) {
        expect(
          readFileSync(join(resumed, file), 'utf8') === readFileSync(join(whole, file), 'utf8'),
          file,
        ).toBe(true)
      }
    },
    240_000,
  )

  it('does not write over an optimization, and what is best can be trained', async () => {
    const again = await spillway(['optimize', 'ssww-polarization', '--out', whole, ...tiny])
    expect(again.code).toBe(1)
    expect(again.err).toContain('OUTPUT_EXISTS')
    const run = join(folder.path, 'best')
    const trained = await spillway([
      ...['train', 'ssww-polarization', '--config', join(whole, 'best.yaml'), '--out', run, '--quiet'],
    ])
    expect(trained).toMatchObject({ code: 0 })
    const evaluated = await spillway([
      ...['evaluate', run, '--data', repository('demo/data/ssww.arrow'), '--quiet', '--json'],
      ...['--out', join(run, 'again.arrow')],
    ])
    const { metrics } = JSON.parse(evaluated.out)
    expect(metrics.auc_ll).toBeGreaterThan(0.5)
  }, 120_000)
})
