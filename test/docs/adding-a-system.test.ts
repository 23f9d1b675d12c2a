import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readScores } from '#spillway/train/score-file.js'
import { blocksOf, isOfSources, ReaderFolder } from '../support/blocks.js'
import { readParts, valuesOf } from '../support/pipelines.js'
import { changed, sourceCopy } from '../support/source-copy.js'
import { textOf } from '../support/sources.js'

const SLOW = 240_000
const blocks = blocksOf(textOf('docs/adding-a-system.md'))

describe('docs/adding-a-system.md, block after block in a copy of the sources', { timeout: SLOW }, () => {
  const copy = sourceCopy()
  const reader = new ReaderFolder(copy.path)
  afterAll(() => {
    rmSync(copy.path, { recursive: true, force: true })
  })

  it.each(blocks)('line $line: $verb $argument', async ({ verb, argument, language, text }) => {
    if (verb === 'source') {
      expect(language).toBe('ts')
      expect(existsSync(join(copy.path, argument)), 'the page shows a file once').toBe(false)
      copy.write(argument, text)
    } else if (verb === 'change') {
      expect(language).toBe('diff')
      copy.change(argument, text)
    } else if (verb === 'check') {
      copy.write(argument, text)
      const { code, output } = await reader.run(`spillway check ${argument}`)
      expect(output).toContain(`${argument}: ok`)
      expect(code, output).toBe(0)
    } else {
      const { code, output } = await reader.run(text)
      expect(code, output).toBe(0)
    }
  })

  it('has said it all: every file of the folder, both lists, training and scoring', () => {
    const of = (wanted: string) =>
      blocks.filter(({ verb }) => verb === wanted).map(({ argument }) => argument)
    const system = 'src/models/higgs/vbf-dijet'
    const files = ['features', 'network', 'recipe', 'report', 'system'].map((name) => `${system}/${name}.ts`)
    expect(of('source').sort()).toEqual([...files, 'test/models/higgs/vbf-dijet.test.ts'])
    expect(of('change').sort()).toEqual(['src/models/index.ts', 'src/models/recipes.ts'])
  })

  it('made a model that tells the processes apart, and a report that says how well', () => {
    const run = join(copy.path, 'runs/vbf-dijet')
    const { metrics } = JSON.parse(readFileSync(join(run, 'result.json'), 'utf8'))
    expect(metrics.test.auc).toBeGreaterThan(0.65)
    const html = readFileSync(join(run, 'report.html'), 'utf8')
    expect(html).toContain('Rejection of gluon fusion')
    expect(html).toContain('Area under the ROC curve')
    expect(html.match(/NaN|undefined|Infinity/g)).toBeNull()
  })

  it('scored the stream: events with two jets, as evaluate does, and no dead letter', async () => {
    const parts = readParts(join(copy.path, 'out/scores'))
    const scores = valuesOf(parts, 'dijet.p_vbf')
    const truth = valuesOf(parts, 'truth.label').map(Number)
    const offline = await readScores(join(copy.path, 'offline.arrow'))
    const online = scores.filter((score, row) => score !== null && truth[row] <= 1).map(Number)
    expect(online.length).toBeGreaterThan(500)
    expect(scores).toContain(null)
    const expected = [...offline.column('score.p_vbf')]
    expect(online.length).toBe(expected.length)
    const worst = online.reduce((most, score, i) => Math.max(most, Math.abs(score - expected[i])), 0)
    expect(worst).toBeLessThan(1e-6)
    expect(existsSync(join(copy.path, 'out/dead-letters')), 'a dead letter').toBe(false)
  })
})

describe('a change shown by a page', () => {
  it('is made where its lines stand, once', () => {
    expect(changed('a\nb\nc\n', ' a\n+x\n b\n')).toBe('a\nx\nb\nc\n')
    expect(changed('a\nb\nc\n', '-b\n c\n')).toBe('a\nc\n')
    expect(() => changed('a\nb\na\n', ' a\n+x\n')).toThrow('found 2 times')
    expect(() => changed('a\n', ' q\n+x\n')).toThrow('found 0 times')
  })

  it('is marked by a verb that only pages of sources have', () => {
    expect(blocks.some(isOfSources)).toBe(true)
    expect(blocksOf(textOf('README.md')).some(isOfSources)).toBe(false)
  })
})
