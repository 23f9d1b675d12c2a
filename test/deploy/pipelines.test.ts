import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readBundle } from '#spillway/models/manifest.js'
import { CATEGORIES } from '#spillway/physics/selection/h4l-categories.js'
import { checkPipeline } from '#spillway/stream/check/pipeline.js'
import { loadPipeline } from '#spillway/stream/config/load.js'
import { openKafka } from '#spillway/stream/kafka/index.js'
import type { KafkaClient } from '#spillway/stream/kafka/port.js'
import { readResult } from '#spillway/train/run-folder.js'
import { readScores } from '#spillway/train/score-file.js'
import { type KafkaServer, startKafka } from '../../scripts/servers/kafka.mjs'
import { repository, spillway, temporaryFolder } from '../support/cli.js'
import { kafkaConfig } from '../support/kafka.js'
import { eventsIn, eventsOf, numberedFile, onTopics, scoresByEvent } from '../support/on-kafka.js'
import { readParts, runToEnd, valuesOf } from '../support/pipelines.js'
import { needServers } from '../support/servers.js'
import { follow } from '../support/topics.js'

const folder = temporaryFolder()
const inFolder = (...path: string[]) => join(folder.path, ...path)
const pipelines = readdirSync(repository('deploy/pipelines')).filter((name) => name.endsWith('.yaml'))

/** Trains as small a model as there is. */
async function trained(system: string, out: string, data: readonly string[], sets: readonly string[]) {
  const { code, err } = await spillway([
    ...['train', system, '--out', out, '--quiet'],
    ...data.flatMap((path) => ['--data', path]),
    ...['fit.epochs=1', 'executor.threads=1', 'importance=0', ...sets].flatMap((one) => ['--set', one]),
  ])
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
}

const demo = (name: string) => repository(`demo/models/${name}`)
const tinyLund = ['recipe.network={blocks: [8, 8], dense: 8}']

/** Runs an example pipeline with its variables set; where its output is. */
async function run(name: string, env: Readonly<Record<string, string>>): Promise<string> {
  const out = inFolder('out', name)
  await runToEnd(
    loadPipeline(repository(`deploy/pipelines/${name}.yaml`), ['workers.count=1'], { OUT: out, ...env }),
  )
  return out
}

describe('the lundnet stages, from the command line alone', () => {
  let cut = Number.NaN
  const first = inFolder('lundnet')
  const second = inFolder('lundnet-2')
  const data = repository('demo/data/largeR.arrow')
  const env = () => ({ LUND_MODEL: join(first, 'bundle'), LUND_CUT: String(cut) })
  let accepted = ''

  beforeAll(async () => {
    await trained('lundnet', first, [data], [...tinyLund, 'data.fraction=0.3'])
    cut = (await readResult(first)).metrics.validation['cut_50']
    accepted = join(await run('lundnet', env()), 'accepted')
    const stage = ['recipe.signal=[1]', 'recipe.background=[2]', 'recipe.spectators=[0]']
    await trained('lundnet', second, [join(accepted, '*.arrow')], [...tinyLund, ...stage])
  }, 480_000)

  it('keeps about half of the W jets in the first, and whole jets', async () => {
    const scores = await readScores(join(first, 'scores.arrow'))
    const isW = scores.where((row) => scores.column('class')[row] === 1 && scores.column('split')[row] === 1)
    const kept = isW.column('score.p_w').filter((score) => score >= cut).length / isW.rows
    expect(Math.abs(kept - 0.5)).toBeLessThan(0.03)
    const jets = readParts(accepted)
    expect(valuesOf(jets, 'w.p_w').every((score) => Number(score) >= cut)).toBe(true)
    expect(valuesOf(jets, 'constituents.pt').length).toBeGreaterThan(10 * valuesOf(jets, 'label').length)
  })

  it('trains the second on what the first passed, W against Z', async () => {
    const { counts, classes } = await readResult(second)
    expect(classes).toEqual(['background', 'signal'])
    const labels = valuesOf(readParts(accepted), 'label')
    const taken = labels.filter((label) => label === 1 || label === 2).length
    const spectators = (await readScores(join(second, 'scores.arrow')))
      .column('origin')
      .filter((code) => code === 0)
    const { train, validation, test } = counts.parts
    expect(train + validation + test - spectators.length).toBe(taken)
  })

  it('runs the second where the first passed, and nowhere else', async () => {
    const out = await run('lundnet-two-stage', { ...env(), LUND_SECOND: join(second, 'bundle') })
    const scores = readParts(join(out, 'scores'))
    const [w, wz] = [valuesOf(scores, 'w.p_w'), valuesOf(scores, 'wz.p_w')]
    expect(wz.map((score) => score !== null)).toEqual(w.map((score) => Number(score) >= cut))
    expect(wz.filter((score) => score !== null).length).toBeGreaterThan(100)
    expect(existsSync(join(out, 'dead-letters'))).toBe(false)
  })

  it('draws the second with both backgrounds beside the mass cut', async () => {
    expect(await spillway(['report', second])).toMatchObject({ code: 0 })
    const { default: report } = await import(join(second, 'report.json'), { with: { type: 'json' } })
    const titles = report.sections.flatMap((section: { figures: { title: string }[] }) =>
      section.figures.map(({ title }) => title),
    )
    expect(titles).toEqual(
      expect.arrayContaining(['Z rejection against W efficiency', 'QCD rejection against W efficiency']),
    )
    expect(JSON.stringify(report)).toContain('mass below 88 GeV')
  })
})

describe('the trigger menu', () => {
  it('runs three models in one stream, each where its objects are, with a chain each', async () => {
    const out = await run('trigger-menu', {})
    const scores = readParts(join(out, 'scores'))
    const sample = valuesOf(scores, 'sample')
    expect(sample).toHaveLength(360)
    const columns = { 'pol.r_l': 0, 'higgs.p_ggf': 1, 'lund.p_w': 2 }
    for (const [column, code] of Object.entries(columns)) {
      const values = valuesOf(scores, column)
      const others = values.filter((value, row) => value !== null && sample[row] !== code)
      const own = values.filter((value, row) => value !== null && sample[row] === code)
      expect(others, column).toEqual([])
      expect(own.length, column).toBeGreaterThan(20)
    }
    const chains = { longitudinal_z: 0, higgs_4l: 1, boosted_w: 2 }
    for (const [chain, code] of Object.entries(chains)) {
      const passed = valuesOf(scores, `select.${chain}`).flatMap((value, row) =>
        Number(value) === 1 ? [sample[row]] : [],
      )
      expect(passed.length, chain).toBeGreaterThan(0)
      expect(new Set(passed), chain).toEqual(new Set([code]))
    }
    expect(existsSync(join(out, 'dead-letters'))).toBe(false)
  })
})

describe('every pipeline', () => {
  const env: Record<string, string> = {}
  const kafka = needServers('kafka')
  let server: KafkaServer
  let client: KafkaClient

  beforeAll(async () => {
    if (kafka) {
      server = await startKafka({ heap: '384m' })
      client = await openKafka(kafkaConfig([server.bootstrap]))
    }
    const tiny = 'recipe.network={layers: 1, units: 8}'
    await trained('ssww-polarization', inFolder('ssww'), [], [tiny])
    await trained('phase-space-reweighting', inFolder('ps'), [], [tiny, 'data.fraction=0.2'])
    const templates = ['recipe={events: ssww, processes: [ssww], templates: {target: [truth.r_ll_com]}}']
    const ssww = [repository('demo/data/ssww.arrow')]
    await trained('phase-space-reweighting', inFolder('ssww-to-ll'), ssww, [...templates, tiny])
    for (const category of CATEGORIES) {
      const sets = [`recipe.category=${category}`, 'recipe.network={kind: deep-set, units: 8}']
      await trained('h4l-classifier', inFolder('h4l', category), [], sets)
    }
    Object.assign(env, {
      SSWW_MODEL: inFolder('ssww', 'bundle'),
      REWEIGHTING_MODEL: inFolder('ps', 'bundle'),
      TEMPLATE_MODEL: inFolder('ssww-to-ll', 'bundle'),
      H4L_MODELS: inFolder('h4l'),
      LUND_SECOND: demo('lundnet'),
    })
  }, 480_000)
  afterAll(async () => {
    await client?.close()
    await server?.stop()
  })

  it.each(pipelines)('%s passes the check', async (name) => {
    const { problems } = await checkPipeline(repository(`deploy/pipelines/${name}`), [], {
      ...process.env,
      ...env,
    })
    expect(problems).toEqual([])
  })

  it('h4l-classifier scores each event with the model of its category alone', async () => {
    const scores = readParts(join(await run('h4l-classifier', env), 'scores'))
    const count = (column: string) => valuesOf(scores, column).filter((value) => value !== null).length
    const scored = [
      'zero_2e2mu.p_ggf',
      'zero_4l.p_ggf',
      'one_low.p_vbf',
      'one_medium.p_vbf',
      'two_low.p_vh',
      'two_high.p_vbf',
    ]
    const counts = scored.map(count)
    expect(counts.every((n) => n > 0)).toBe(true)
    expect(counts.reduce((a, b) => a + b, 0)).toBe(
      valuesOf(scores, 'h4l.pass').filter((pass) => Number(pass) === 1).length,
    )
  })

  /** What each system's pipeline scores: steps with their bundles, on which events. */
  const systems = [
    { name: 'polarization-regression', data: 'zj', bundles: () => ({ pol: demo('polarization') }) },
    { name: 'ssww-polarization', data: 'ssww', bundles: () => ({ ww: inFolder('ssww', 'bundle') }) },
    { name: 'phase-space-reweighting', data: 'zj', bundles: () => ({ ps: inFolder('ps', 'bundle') }) },
    { name: 'lundnet', data: 'largeR', bundles: () => ({ w: demo('lundnet') }) },
    {
      name: 'h4l-classifier',
      data: 'h4l',
      bundles: () => ({
        zero_2e2mu: inFolder('h4l', '0j-2e2mu', 'bundle'),
        zero_4l: inFolder('h4l', '0j-4l', 'bundle'),
        one_low: inFolder('h4l', '1j-low', 'bundle'),
        one_medium: inFolder('h4l', '1j-medium', 'bundle'),
        two_low: inFolder('h4l', '2j-low', 'bundle'),
        two_high: inFolder('h4l', '2j-high', 'bundle'),
      }),
    },
  ]

  /** Runs a pipeline of deploy/pipelines from topic to topic and reads back what it wrote. */
  async function streamed(name: string, data: string) {
    const file = repository(`deploy/pipelines/${name}.yaml`)
    const input = ['--topic', `${name}-in`, '--brokers', server.bootstrap, '--rows', '256']
    const sent = await spillway([
      ...['produce', data, ...input, '--create-topic', '--partitions', '2', '--json'],
    ])
    expect(sent).toMatchObject({ code: 0 })
    for (const end of ['scores', 'dead_letters'])
      await client.admin().create(`${name}-${end}`, { partitions: 2 })
    const scores = await follow(client, `${name}-scores`)
    const dead = await follow(client, `${name}-dead_letters`)
    const args = ['run', file, '--quiet', '--create-topics', ...onTopics(file, name, server.bootstrap, env)]
    const ended = await spillway(args, { env, stop: scores.events(JSON.parse(sent.out).events) })
    expect(ended).toMatchObject({ code: 0 })
    await Promise.all([scores.stop(), dead.stop()])
    expect(dead.messages()).toEqual([])
    return eventsOf(scores.messages())
  }

  it.skipIf(!kafka).each(systems)(
    '$name on Kafka: every score is that of spillway evaluate, to 1e-6',
    async (system) => {
      const sample = repository(`demo/data/${system.data}.arrow`)
      const data = await numberedFile(sample, inFolder(`${system.data}.arrow`))
      const parts = await streamed(system.name, data)
      for (const [step, bundle] of Object.entries(system.bundles())) {
        const out = inFolder(`${system.name}-${step}.arrow`)
        const args = ['--data', data, '--part', 'all', '--out', out, '--quiet']
        expect(await spillway(['evaluate', bundle, ...args])).toMatchObject({ code: 0 })
        const columns = readBundle(bundle).manifest.outputs.flatMap((output) =>
          output.columns.filter((column) => column !== null),
        )
        expect(columns.length).toBeGreaterThan(0)
        const offline = scoresByEvent(await eventsIn(out), 'score', columns)
        const online = scoresByEvent(parts, step, columns)
        let worst = 0
        // Offline has only what has a label that the recipe knows.
        for (const [event, scores] of offline) {
          const live = online.get(event)
          expect(live, `event ${event} of ${step}`).toBeDefined()
          scores.forEach((score, c) => {
            worst = Math.max(worst, Math.abs(score - live![c]))
          })
        }
        console.log(`${system.name}, ${step}: ${offline.size} events, largest difference ${worst}`)
        expect(offline.size, step).toBeGreaterThan(50)
        expect(worst, step).toBeLessThanOrEqual(1e-6)
      }
    },
    240_000,
  )
})
