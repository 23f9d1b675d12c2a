import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkPipeline } from '#spillway/stream/check/pipeline.js'
import { loadPipeline } from '#spillway/stream/config/load.js'
import { type CutFlowFile, readCutFlows } from '#spillway/stream/cutflow/file.js'
import { assemble } from '#spillway/stream/run.js'
import type { Done } from '#spillway/stream/sink.js'
import { fileSink } from '#spillway/stream/sinks/file-sink.js'
import { FILE_LANE } from '#spillway/stream/sources/file-source.js'

interface Expected {
  readonly file: string
  readonly selection: string
  readonly lines: readonly { readonly cut: string; readonly events: number; readonly weight: number }[]
}

const expected = JSON.parse(
  readFileSync(new URL('../../models/cutflow/expected.json', import.meta.url), 'utf8'),
) as readonly Expected[]
const inRepository = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spillway-cutflow-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Runs one of the example pipelines on a file of test/data and gives the report it leaves. */
async function run(pipeline: string, file: string): Promise<CutFlowFile> {
  const data = inRepository(`test/data/${file}`)
  const env = { OUT: folder, H4L_FILES: data, ZJETS_FILES: data }
  const loaded = loadPipeline(inRepository(`deploy/pipelines/${pipeline}`), ['workers.count=1'], env)
  const running = await assemble(loaded)
  try {
    await running.run()
  } finally {
    await running.close()
  }
  return readCutFlows(join(folder, 'scores'))!
}

const flowOf = (report: CutFlowFile, step: string) =>
  report.steps.find((one) => one.step === step)?.lines.map(({ cut, events }) => [cut, events])

const expectedFlow = (file: string, selection: string) =>
  expected
    .find((one) => one.file === file && one.selection === selection)
    ?.lines.map(({ cut, events }) => [cut, events])

describe('the example pipelines', () => {
  it.each(['cutflow_hard.arrow', 'h4l_small.arrow'])(
    'h4l on %s reports what the reference counts',
    async (file) => {
      const report = await run('h4l-cutflow.yaml', file)
      expect(flowOf(report, 'h4l')).toEqual(expectedFlow(file, 'h4l'))
      // The free cuts begin with h4l.pass.
      expect(flowOf(report, 'boosted')?.[1][1]).toBe(flowOf(report, 'h4l')?.at(-1)?.[1])
      expect(readdirSync(folder)).not.toContain('dead-letters')
    },
  )

  it('Z + jets on the events of the demo reports what the reference counts', async () => {
    const report = await run('zjets-cutflow.yaml', '../../demo/data/zj.arrow')
    expect(flowOf(report, 'fid')).toEqual(expectedFlow('../../demo/data/zj.arrow', 'zjets-fiducial'))
  })

  it('Z + jets reports both phase spaces, weights too', async () => {
    const report = await run('zjets-cutflow.yaml', 'zj_ps_small.arrow')
    expect(flowOf(report, 'gen')).toEqual(expectedFlow('zj_ps_small.arrow', 'zjets-generator'))
    expect(flowOf(report, 'fid')).toEqual(expectedFlow('zj_ps_small.arrow', 'zjets-fiducial'))
    const last = report.steps[1].lines.at(-1)
    const theirs = expected.find((e) => e.file === 'zj_ps_small.arrow' && e.selection === 'zjets-fiducial')
    expect(last?.weight).toBeCloseTo(theirs?.lines.at(-1)?.weight ?? Number.NaN, 0)
  })

  it.each(['h4l-cutflow.yaml', 'zjets-cutflow.yaml'])('%s passes the check', async (file) => {
    const report = await checkPipeline(inRepository(`deploy/pipelines/${file}`))
    expect(report.problems).toEqual([])
  })
})

describe('the check', () => {
  const file = inRepository('deploy/pipelines/h4l-cutflow.yaml')

  it('finds every cut that is wrong, by its line', async () => {
    const sets = ['steps.1.cutflow.high_pt=h4l.pt > 60', 'steps.1.cutflow.dijet=h4l.n_jets + 1']
    const { problems } = await checkPipeline(file, sets)
    expect(problems.map(({ code }) => code)).toEqual(['EXPRESSION_INVALID', 'EXPRESSION_INVALID'])
    expect(problems[0].message).toContain('h4l.pt')
    expect(problems[0].place).toMatch(/h4l-cutflow\.yaml:\d+/)
  })

  it('refuses a selection that is not there', async () => {
    const { problems } = await checkPipeline(file, ['steps.0.cutflow=h5l'])
    expect(problems[0].code).toBe('CONFIG_INVALID')
  })

  it('says which columns a selection misses', async () => {
    const { problems } = await checkPipeline(file, ['steps.0.lists.leptons=muons'])
    expect(problems[0]).toMatchObject({
      code: 'COLUMN_MISSING',
      message: expect.stringContaining('muons.pt'),
    })
  })
})

it('counts every committed event once, across the end of a process', async () => {
  const sinkOf = () =>
    fileSink({
      pipeline: 'p',
      scores: { folder: join(folder, 'scores'), format: 'arrow' },
      accepted: null,
      deadLetters: join(folder, 'dead-letters'),
      inputDigest: 'same',
    })
  const done = (events: number): Done => ({
    message: {
      topic: '',
      partition: 0,
      offset: 0n,
      key: null,
      value: null,
      headers: new Map(),
      timestamp: 0,
    },
    outcome: {
      rows: events,
      scores: null,
      accepted: null,
      acceptedRows: 0,
      chains: {},
      cutFlows: { pre: { cuts: ['a'], events: [events, 1], weights: [events, 1], squares: [events, 1] } },
      decisions: [],
      rejects: [],
    },
  })
  const counted = () => readCutFlows(join(folder, 'scores'))?.steps[0].lines.map(({ events }) => events)

  const killed = sinkOf().lane(FILE_LANE)
  await killed.open()
  await killed.commit([done(3), done(4)], 2n)

  const second = sinkOf()
  const lane = second.lane(FILE_LANE)
  expect((await lane.open()).next).toBe(2n)
  await lane.commit([done(5)], 3n)
  second.complete()
  expect(counted()).toEqual([12, 3])

  const anew = sinkOf()
  const fresh = anew.lane(FILE_LANE)
  await fresh.open()
  await fresh.commit([done(2)], 1n)
  anew.complete()
  expect(counted()).toEqual([2, 1])
})
