import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readBundle } from '#spillway/models/manifest.js'
import { runProbe } from '#spillway/models/probe.js'
import { readScores } from '#spillway/train/score-file.js'
import { openScorer } from '#spillway/train/scoring.js'
import { repository, spillway, temporaryFolder } from '../support/cli.js'
import { pipelineIn, readParts, runToEnd, valuesOf } from '../support/pipelines.js'

const folder = temporaryFolder()

/** Each system, as small as it gets. */
const systems = [
  {
    system: 'polarization-regression',
    data: 'demo/data/zj.arrow',
    columns: ['r_l', 'r_t'],
    steps: '',
    sets: ['recipe.network.widths=[16]', 'data.fraction=0.2'],
  },
  {
    system: 'polarization-regression',
    variant: 'transformer',
    data: 'demo/data/zj.arrow',
    columns: ['r_l', 'r_t'],
    steps: '',
    sets: ['recipe.network={kind: transformer, size: 16, heads: 2, blocks: 1}', 'data.fraction=0.1'],
  },
  {
    system: 'polarization-regression',
    variant: 'w',
    data: 'test/data/wj_small.arrow',
    columns: ['r_l', 'r_t'],
    steps: '',
    sets: [
      'recipe={boson: w, network: {kind: mlp, widths: [16]}, loss: {auxiliary: neutrino-pz}, pole: null}',
    ],
  },
  {
    system: 'polarization-regression',
    variant: 'wz',
    data: 'test/data/wzjj_small.arrow',
    columns: ['r_l', 'r_t'],
    steps: '',
    sets: [
      'recipe={boson: wz-w, frame: com, network: {kind: transformer, size: 16, heads: 2, blocks: 1}, loss: {kind: huber, auxiliary: w-momentum}, pole: null}',
    ],
  },
  {
    system: 'ssww-polarization',
    data: 'demo/data/ssww.arrow',
    columns: ['ll', 'lx', 'signal'],
    steps: '',
    sets: ['recipe.network={layers: 1, units: 16}'],
  },
  {
    system: 'h4l-classifier',
    data: 'demo/data/h4l.arrow',
    columns: ['p_ggf', 'p_zz'],
    steps: '- { name: sel, cutflow: h4l }',
    when: 'sel.category == "0j-2e2mu"',
    sets: ['recipe.network={kind: deep-set, units: 8}'],
  },
  {
    system: 'h4l-classifier',
    variant: 'rnn',
    data: 'demo/data/h4l.arrow',
    columns: ['p_ggf', 'p_zz'],
    steps: '- { name: sel, cutflow: h4l }',
    when: 'sel.category == "0j-2e2mu"',
    sets: ['recipe.network={kind: rnn, units: 8}'],
  },
  {
    system: 'lundnet',
    data: 'demo/data/largeR.arrow',
    columns: ['p_w'],
    steps: '',
    sets: ['recipe.network={blocks: [8, 8], dense: 8}', 'data.fraction=0.3'],
  },
  {
    system: 'phase-space-reweighting',
    data: 'demo/data/zj.arrow',
    with: 'demo/data/showered/zj_ps.arrow',
    columns: ['weight', 'probability', 'closure'],
    steps: '- { name: gen, cutflow: zjets-generator }',
    when: 'gen.pass',
    sets: ['recipe.network={layers: 1, units: 16}'],
  },
  {
    system: 'phase-space-reweighting',
    variant: 'templates',
    data: 'demo/data/ssww.arrow',
    columns: ['weight', 'probability', 'closure'],
    steps: '',
    sets: [
      'recipe={events: ssww, processes: [ssww], templates: {target: [truth.r_ll_com]}, pole: null, network: {layers: 1, units: 16}}',
    ],
  },
] as const

describe.each(systems)('$system $variant', ({ system, data, columns, steps, sets, ...more }) => {
  const run = join(folder.path, `${system}-${'variant' in more ? more.variant : 'first'}`)

  beforeAll(async () => {
    const set = ['fit.epochs=1', 'executor.threads=1', ...sets].flatMap((one) => ['--set', one])
    const ended = await spillway([
      'train',
      system,
      '--out',
      run,
      '--quiet',
      ...[data, ...('with' in more ? [more.with] : [])].flatMap((one) => ['--data', repository(one)]),
      ...set,
    ])
    expect(ended).toMatchObject({ code: 0 })
  }, 120_000)

  it('makes a bundle whose probe holds in the scorer', async () => {
    const bundle = readBundle(join(run, 'bundle'))
    expect(bundle.manifest).toMatchObject({ system, version: 1 })
    const scorer = await openScorer(bundle)
    const report = await runProbe(scorer, bundle)
    await scorer.release()
    expect(report?.compared).toBe(8 * columns.length)
    expect(report?.worst.difference).toBeLessThan(1e-5)
  })

  it('gives the same scores in a pipeline and offline, to 1e-6', async () => {
    const evaluated = await spillway([
      ...['evaluate', run, '--data', repository(data), '--part', 'all', '--quiet'],
      ...['--out', join(run, 'offline.arrow')],
    ])
    expect(evaluated).toMatchObject({ code: 0 })
    const when = 'when' in more ? `, when: '${more.when}'` : ''
    const pipeline = pipelineIn(
      run,
      `source: { files: ${repository(data)} }
steps:
  ${steps === '' ? '[]' : steps}
  - { name: m, model: bundle${when} }
sink: { scores: { files: online }, dead_letters: { files: dead }, columns: [event] }`.replace('  []\n', ''),
    )
    await runToEnd(pipeline)
    const offline = await readScores(join(run, 'offline.arrow'))
    const online = readParts(join(run, 'online'))
    for (const column of columns) {
      const streamed = valuesOf(online, `m.${column}`)
      const events = valuesOf(online, 'event')
      const expected = await scoresByOrder(join(run, 'offline.arrow'), column)
      let at = 0
      let worst = 0
      streamed.forEach((score, row) => {
        // Offline holds what has a label that the recipe knows, in the order of the file.
        if (at < expected.length && events[row] === expected[at].event && score !== null) {
          worst = Math.max(worst, Math.abs(Number(score) - expected[at].score))
          at++
        }
      })
      expect(at).toBe(offline.rows)
      expect(worst).toBeLessThan(1e-6)
    }
  })

  it('writes what the run found: configuration, log, figures of merit, a report with its twin', async () => {
    const reported = await spillway(['report', run])
    expect(reported).toMatchObject({ code: 0, err: '' })
    const html = readFileSync(join(run, 'report.html'), 'utf8')
    expect(html).toContain('Learning curves')
    expect(html.match(/NaN|undefined|Infinity/g)).toBeNull()
    const json = JSON.parse(readFileSync(join(run, 'report.json'), 'utf8'))
    expect(json.facts.system).toBe(system)
    expect(json.sections.length).toBeGreaterThan(1)
    const result = JSON.parse(readFileSync(join(run, 'result.json'), 'utf8'))
    for (const value of Object.values(result.metrics.test)) expect(value).toEqual(expect.any(Number))
    expect(readFileSync(join(run, 'log.jsonl'), 'utf8').trim().split('\n')).toHaveLength(1)
  })
})

/** Event numbers and scores, in the order of the file. */
async function scoresByOrder(path: string, column: string) {
  const table = await readScores(path)
  const { batches, decodeMessage, defaultLimits } = await import('#spillway/ingest/arrow/index.js')
  const events: (number | bigint)[] = []
  for await (const { bytes } of batches(path))
    events.push(...decodeMessage(bytes, defaultLimits).column('event').values)
  return events.map((event, row) => ({ event, score: table.column(`score.${column}`)[row] }))
}
