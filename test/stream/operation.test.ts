import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadPipeline } from '#spillway/stream/config/load.js'
import { DeadLetterWindow } from '#spillway/stream/dead-letter-window.js'
import { serveHttp } from '#spillway/stream/http.js'
import { assemble } from '#spillway/stream/run.js'
import { writeArrow } from '../support/arrow-files.js'
import { columnsText, writeBundle } from '../support/bundles.js'
import { until } from '../support/kafka.js'
import { streamOf } from '../support/messages.js'
import { linear } from '../support/onnx.js'
import { pipelineIn, temporary } from '../support/pipelines.js'

const events = (rows: number, bad = false) =>
  streamOf({
    event: ['uint64', Array.from({ length: rows }, (_, i) => i)],
    a: ['float32', Array.from({ length: rows }, (_, i) => (bad && i === 0 ? Number.NaN : i))],
    b: ['float32', Array.from({ length: rows }, () => 1)],
  })

async function prepared(text: string, streams: readonly Uint8Array[]) {
  const folder = temporary()
  writeBundle(`${folder}/lin`, linear([2, 1]), columnsText(['a', 'b']), 'linear')
  await writeArrow(join(folder, 'input.arrow'), streams)
  return pipelineIn(folder, text)
}

const get = async (url: string) => {
  const response = await fetch(url)
  return { status: response.status, text: await response.text() }
}

describe('metrics', () => {
  it('tell everything that was done, with few labels', async () => {
    const text = `steps:
  - { name: lin, model: lin }
  - select: { chains: { high: { when: lin.y > 6 } } }
http: {}`
    const running = await assemble(await prepared(text, [events(5), events(5, true)]))
    await running.run()
    const { status, text: metrics } = await get(`${running.url}/metrics`)
    await running.close()
    expect(status).toBe(200)
    const samples = new Map(
      [...metrics.matchAll(/^(\w+)\{(.*)\} (\S+)$/gm)].map(([, name, labels, sample]) => [
        `${name}{${labels.split(',').sort().join()}}`,
        Number(sample),
      ]),
    )
    const value = (series: string) => {
      const [name, labels] = series.slice(0, -1).split('{')
      return samples.get(`${name}{${labels.split(',').sort().join()}}`)
    }
    const plain = (name: string) => value(`${name}{pipeline="test"}`)
    expect(plain('spillway_events_total')).toBe(9)
    expect(plain('spillway_messages_total')).toBe(2)
    expect(plain('spillway_accepted_events_total')).toBe(
      value('spillway_chain_events_total{chain="high",pipeline="test"}'),
    )
    expect(plain('spillway_accepted_events_total')).toBe(4)
    expect(value('spillway_dead_letters_total{code="SCORE_NOT_FINITE",pipeline="test"}')).toBe(1)
    expect(value('spillway_model_version{step="lin",model="linear",pipeline="test"}')).toBe(1)
    expect(value('spillway_provider{step="lin",provider="cpu",pipeline="test"}')).toBe(1)
    expect(value('spillway_lag_messages{topic="files",partition="0",pipeline="test"}')).toBe(0)
    expect(plain('spillway_commits_total')).toBeGreaterThan(0)
    for (const histogram of ['queue', 'decode', 'encode', 'commit', 'latency'])
      expect(plain(`spillway_${histogram}_seconds_count`), histogram).toBeGreaterThan(0)
    for (const histogram of ['build', 'inference'])
      expect(
        value(`spillway_${histogram}_seconds_count{step="lin",pipeline="test"}`),
        histogram,
      ).toBeGreaterThan(0)
    const labels = new Set([...metrics.matchAll(/(\w+)="/g)].map(([, name]) => name))
    const allowed = [
      'pipeline',
      'step',
      'chain',
      'code',
      'reason',
      'fate',
      'kind',
      'le',
      'topic',
      'partition',
      'model',
      'provider',
    ]
    expect([...labels].filter((name) => !allowed.includes(name))).toEqual([])
  })
})

describe('health', () => {
  it('is ready only while it runs and makes progress', async () => {
    let why: string | null = 'not running'
    const server = await serveHttp({
      host: '127.0.0.1',
      port: 0,
      metrics: async () => 'm 1\n',
      ready: () => why,
    })
    expect((await get(`${server.url}/healthz/live`)).status).toBe(200)
    expect(await get(`${server.url}/healthz/ready`)).toMatchObject({
      status: 503,
      text: expect.stringContaining('not running'),
    })
    why = null
    expect((await get(`${server.url}/healthz/ready`)).status).toBe(200)
    expect((await get(`${server.url}/nowhere`)).status).toBe(404)
    await server.close()
  })

  it('says HTTP_UNAVAILABLE where the port is taken', async () => {
    const options = { host: '127.0.0.1', metrics: async () => '', ready: () => null }
    const server = await serveHttp({ ...options, port: 0 })
    const port = Number(new URL(server.url).port)
    await expect(serveHttp({ ...options, port })).rejects.toMatchObject({ code: 'HTTP_UNAVAILABLE' })
    await server.close()
  })

  it('is not ready when work waits and nothing is committed for too long', async () => {
    const text = `http: { stalled_s: 0.5 }
workers: { count: 1, batch_s: 1000 }`
    const pipeline = await prepared(text, [events(2)])
    const described = { ...pipeline.config, description: `hang=${join(pipeline.folder, 'input.arrow')}/0/0` }
    const worker = new URL('../support/workers/misbehave.mjs', import.meta.url)
    const running = await assemble({ ...pipeline, config: described }, {}, undefined, worker)
    expect(await get(`${running.url}/healthz/ready`)).toMatchObject({ status: 503 })
    const run = running.run()
    await until(
      async () => (await get(`${running.url}/healthz/ready`)).text.includes('nothing was committed'),
      'a stall',
    )
    expect((await get(`${running.url}/healthz/live`)).status).toBe(200)
    await running.stop(0)
    await run
    await running.close()
  })
})

describe('dead letter window', () => {
  it('counts letters of the last window only', () => {
    const window = new DeadLetterWindow(10, 60)
    expect(window.add(10, 1_000)).toBe(false)
    expect(window.add(0, 1_000)).toBe(false)
    expect(window.add(1, 2_000)).toBe(true)
    const later = new DeadLetterWindow(10, 60)
    expect(later.add(10, 1_000)).toBe(false)
    expect(later.add(10, 70_000)).toBe(false)
    expect(later.add(1, 71_000)).toBe(true)
  })
})

describe('pipeline files', () => {
  const base = `name: test
source: { files: in.arrow }
sink:
  scores: { files: scores }
  dead_letters: { files: dead }
`
  const load = (text: string, sets: readonly string[] = [], env = {}) => {
    const file = join(temporary(), 'p.yaml')
    writeFileSync(file, text)
    return { file, load: () => loadPipeline(file, sets, env) }
  }

  it.each<[string, string, number, string, RegExp]>([
    [
      'an unknown key',
      `${base}worker: { count: 2 }`,
      6,
      'CONFIG_INVALID',
      /unknown key worker.*did you mean workers/,
    ],
    [
      'an unknown key below',
      `${base}workers: {\n  cont: 2 }`,
      7,
      'CONFIG_INVALID',
      /cont.*did you mean count/,
    ],
    ['a value of the wrong kind', `${base}workers:\n  count: many`, 7, 'CONFIG_INVALID', /workers\.count/],
    [
      'two steps of one name',
      `${base}steps:\n  - { name: a, model: m }\n  - { name: a, model: m }`,
      6,
      'CONFIG_INVALID',
      /one name/,
    ],
    ['YAML that is none', `${base}steps: [`, 6, 'CONFIG_UNREADABLE', /./],
    ['a key twice', `${base}name: other`, 6, 'CONFIG_UNREADABLE', /unique/],
    ['a variable that is not set', `${base}description: \${NOT_SET}`, 6, 'CONFIG_ENV_MISSING', /NOT_SET/],
    ['__proto__', `${base}__proto__: { polluted: 1 }`, 6, 'CONFIG_INVALID', /__proto__/],
  ])('with %s are refused with file and line', (_what, text, line, code, message) => {
    const { file, load: attempt } = load(text)
    expect(attempt).toThrowError(
      expect.objectContaining({
        code,
        place: expect.stringContaining(`${file}:${line}`),
        message: expect.stringMatching(message),
      }),
    )
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('with a bomb of aliases are refused', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]']
    for (let i = 1; i < 9; i++)
      bomb.push(`${'abcdefghij'[i]}: &${'abcdefghij'[i]} [${Array(10).fill(`*${'abcdefghij'[i - 1]}`)}]`)
    expect(load(bomb.join('\n')).load).toThrowError(expect.objectContaining({ code: 'CONFIG_UNREADABLE' }))
  })

  it('take variables, defaults and overrides', () => {
    const { config } = load(
      `${base}description: "\${A} and \${B:-two}"`,
      ['workers.count=3', 'sink.commit.rows=7'],
      { A: 'one' },
    ).load()
    expect(config).toMatchObject({
      description: 'one and two',
      workers: { count: 3 },
      sink: { commit: { rows: 7 } },
    })
  })
})
