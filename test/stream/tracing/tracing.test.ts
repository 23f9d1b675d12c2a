import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { assemble } from '#spillway/stream/run.js'
import { writeArrow } from '../../support/arrow-files.js'
import { columnsText, writeBundle } from '../../support/bundles.js'
import { eventsFrom, ROWS } from '../../support/kafka-bench.js'
import { linear } from '../../support/onnx.js'
import { otlpReceiver, type SeenSpan, waysOf } from '../../support/otlp.js'
import { pipelineIn, temporary } from '../../support/pipelines.js'
import { Child } from '../../support/processes.js'

const MESSAGES = 40
const receivers: { close(): Promise<void> }[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  await Promise.all(receivers.splice(0).map((receiver) => receiver.close()))
})

async function receiver(...how: Parameters<typeof otlpReceiver>) {
  const opened = await otlpReceiver(...how)
  receivers.push(opened)
  return opened
}

/** A pipeline on a file of messages. */
async function pipeline(tracing: string) {
  const folder = temporary()
  writeBundle(join(folder, 'lin'), linear([2, 1]), columnsText(['a', 'b']))
  const streams = Array.from({ length: MESSAGES }, (_, i) => eventsFrom(i * ROWS))
  await writeArrow(join(folder, 'input.arrow'), streams)
  return pipelineIn(folder, `name: traced\nsteps: [{ name: lin, model: lin }]\n${tracing}`)
}

/** Runs it to its end. */
async function run(tracing: string) {
  const notes: string[] = []
  const running = await assemble(await pipeline(tracing), { models: (line) => notes.push(line) })
  try {
    await running.run()
  } finally {
    await running.close()
  }
  const text = await running.metrics.registry.metrics()
  const spans = (fate: string) =>
    Number(new RegExp(`^spillway_trace_spans_total\\{fate="${fate}".*\\} (\\d+)$`, 'm').exec(text)![1])
  return { notes, sent: spans('sent'), failed: spans('failed'), dropped: spans('dropped') }
}

const loaded = (): string[] =>
  // prom-client brings the interfaces, which do nothing by themselves.
  Object.keys(createRequire(import.meta.url).cache).filter((path) => /@opentelemetry\/(?!api\/)/.test(path))

const close = (a: number, b: number): void => expect(Math.abs(a - b)).toBeLessThan(0.01)

// First: what the other tests load stays loaded.
describe('a pipeline without tracing', () => {
  it('loads nothing of OpenTelemetry, and counts no span', async () => {
    expect(await run('')).toMatchObject({ sent: 0, failed: 0, dropped: 0 })
    vi.stubEnv('OTEL_SDK_DISABLED', 'true')
    await run('tracing: { endpoint: "http://127.0.0.1:1" }')
    expect(loaded()).toEqual([])
  })
})

describe('a traced pipeline', () => {
  it('sends the way of every message, part by part', async () => {
    const { url, spans, paths } = await receiver()
    const { sent, notes } = await run(`tracing: { endpoint: "${url}/", sample: 1 }`)
    expect([...paths]).toEqual(['/v1/traces'])
    expect(notes).toEqual([])
    expect(loaded().length).toBeGreaterThan(0)
    const ways = waysOf(spans())
    expect(ways).toHaveLength(MESSAGES)
    expect(sent).toBe(spans().length)
    expect(new Set(spans().map(({ traceId }) => traceId)).size).toBe(MESSAGES)
    for (const { message, parts } of ways) {
      expect(message.parent).toBe('')
      expect(parts.map(({ name }) => name)).toEqual([
        'read',
        'queue',
        'decode',
        'build lin',
        'infer lin',
        'encode',
        'commit',
      ])
      expectInOrder(message, parts)
    }
    const offsets = ways.map(({ message }) => message.attributes['spillway.offset'])
    expect(offsets).toEqual(Array.from({ length: MESSAGES }, (_, i) => i))
  })

  it('says which message, which task and which model', async () => {
    const { url, spans } = await receiver()
    await run(`tracing: { endpoint: "${url}", sample: 1 }`)
    const [{ message, parts }] = waysOf(spans())
    expect(message.attributes).toMatchObject({
      'spillway.pipeline': 'traced',
      'file.path': expect.stringMatching(/input\.arrow$/),
      'spillway.rows': ROWS,
      'spillway.dead_letters': 0,
      'spillway.outcome': 'committed',
    })
    expect(message.resource).toMatchObject({ 'service.name': 'traced', 'service.namespace': 'spillway' })
    // A command line may hold a password.
    expect(Object.keys(message.resource).filter((key) => key.includes('command'))).toEqual([])
    const infer = parts.find(({ name }) => name === 'infer lin')!
    expect(infer.attributes).toMatchObject({
      'spillway.step': 'lin',
      'spillway.model.name': 'test',
      'spillway.model.version': 1,
      'spillway.provider': 'cpu',
    })
    expect(infer.attributes['messaging.batch.message_count']).toBeGreaterThan(0)
  })

  it('takes names, attributes, headers and sampling from the environment', async () => {
    const { url, spans, headers } = await receiver()
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', url)
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'authorization=Bearer%20abc')
    vi.stubEnv('OTEL_SERVICE_NAME', 'scorers')
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'deployment.environment.name=test')
    vi.stubEnv('OTEL_TRACES_SAMPLER', 'always_on')
    await run('tracing: {}')
    expect(waysOf(spans())).toHaveLength(MESSAGES)
    expect(spans()[0].resource).toMatchObject({
      'service.name': 'scorers',
      'deployment.environment.name': 'test',
    })
    expect(headers[0]).toMatchObject({ authorization: 'Bearer abc' })
  })

  it('follows the share asked for, whole ways only', async () => {
    const { url, spans } = await receiver()
    expect(await run(`tracing: { endpoint: "${url}", sample: 0 }`)).toMatchObject({ sent: 0 })
    await run(`tracing: { endpoint: "${url}", sample: 0.5 }`)
    const ways = waysOf(spans())
    // 40 tosses: outside of 5 … 35 once in 10 million runs.
    expect(ways.length).toBeGreaterThan(4)
    expect(ways.length).toBeLessThan(36)
    expect(spans()).toHaveLength(ways.length * 8)
  })
})

describe('a collector that does not take spans', () => {
  it('is said once, counted, and costs the pipeline nothing', async () => {
    const { notes, sent, failed, dropped } = await run(
      'tracing: { endpoint: "http://127.0.0.1:1", sample: 1 }',
    )
    expect(sent).toBe(0)
    expect(failed + dropped).toBe(MESSAGES * 8)
    expect(notes).toHaveLength(1)
    expect(notes[0]).toMatch(/http:\/\/127\.0\.0\.1:1\/v1\/traces takes no spans \(.*ECONNREFUSED.*said once/)
  })

  it('holds up no more spans than the queue has', async () => {
    vi.stubEnv('OTEL_BSP_MAX_QUEUE_SIZE', '16')
    const { url } = await receiver(() => {})
    const { sent, dropped } = await run(`tracing: { endpoint: "${url}", sample: 1 }`)
    expect(sent).toBe(0)
    expect(dropped).toBeGreaterThanOrEqual(MESSAGES * 8 - 16)
  })

  it('holds up the end of the process for seconds at most', async () => {
    const { url } = await receiver(() => {})
    const { file } = await pipeline(`tracing: { endpoint: "${url}", sample: 1 }`)
    const child = new Child(['dist/cli/main.js', 'run', file, '--quiet'])
    let summary = 0
    const look = setInterval(() => {
      if (summary === 0 && child.text.includes('events')) summary = performance.now()
    }, 20)
    expect((await child.ended).code).toBe(0)
    clearInterval(look)
    expect(performance.now() - summary).toBeLessThan(6_000)
  }, 30_000)
})

/** Each part within its message, none before the one before it; build and infer lie end to end. */
function expectInOrder(message: SeenSpan, parts: readonly SeenSpan[]): void {
  const [read, queue, decode, build, infer, encode, commit] = parts
  close(read.start, message.start)
  close(queue.start, read.end)
  close(build.start, decode.end)
  close(infer.start, build.end)
  close(commit.end, message.end)
  expect(decode.start).toBeGreaterThanOrEqual(queue.end - 0.01)
  expect(encode.start).toBeGreaterThanOrEqual(infer.end - 0.01)
  expect(commit.start).toBeGreaterThanOrEqual(encode.end - 0.01)
  expect(Math.abs(message.end - Date.now())).toBeLessThan(60_000)
}
