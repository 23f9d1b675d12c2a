import { join } from 'node:path'
import { afterEach } from 'vitest'
import { decodeMessage, defaultLimits } from '#spillway/ingest/arrow/index.js'
import { bundleOf } from '#spillway/models/bundle.js'
import { folderRegistry } from '#spillway/models/registry-folder.js'
import { ModelControl } from '#spillway/stream/control/control.js'
import { LineUps } from '#spillway/stream/control/line-ups.js'
import { Gatherer } from '#spillway/stream/gatherer.js'
import { Metrics } from '#spillway/stream/metrics.js'
import { WorkerPool } from '#spillway/stream/pool.js'
import { firstLineUp } from '#spillway/stream/steps.js'
import type { Outcome } from '#spillway/stream/work.js'
import { until } from './kafka.js'
import { messageOf, streamOf } from './messages.js'
import { cells, pipelineIn, temporary } from './pipelines.js'
import { scaled } from './registries.js'

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

/** Workers, control and registry of a pipeline, without source and sink: messages go in, outcomes come out. */
export async function followingScorer(model = '', prepare: (folder: string) => void = () => {}) {
  const folder = temporary()
  prepare(folder)
  const registry = folderRegistry(join(folder, 'registry'))
  const first = scaled(1)
  await registry.publish(first)
  const pipeline = pipelineIn(
    folder,
    `steps: [{ name: m, model: { registry: registry, name: tiny, poll_s: 0.5${model} } }]`,
  )
  const { config } = pipeline
  const lines: string[] = []
  const bundles = new Map([['m', bundleOf(first, 'first')]])
  const metrics = new Metrics('test')
  const control = new ModelControl(pipeline, bundles, metrics, (line) => void lines.push(line))
  let gatherer: Gatherer | undefined
  const lineUp = firstLineUp(bundles)
  const pool = await WorkerPool.start({
    plan: { config, folder },
    lineUp,
    count: 2,
    batchSeconds: 2,
    memoryMb: 256,
    onRoom: () => gatherer?.pump(),
    onReplaced: (_how, atWork) => {
      if (atWork) control.workerLost()
    },
    onFatal: (error) => void lines.push(`fatal: ${error.message}`),
  })
  open.push(() => pool.close())
  const lineUps = new LineUps(pool, lineUp, pool.hello.models)
  gatherer = new Gatherer(
    pool,
    { rows: 64, bytes: 1e6, seconds: 1, delayMs: 0, attempts: 2 },
    { task: (reply) => control.task(reply) },
    lineUps,
  )
  open.push(() => control.close())
  await control.start(lineUps)
  let offset = 0
  /** Scores one message of events numbered from `event` on. */
  const score = async (rows = 8, event = 0, x?: readonly number[]): Promise<Scored> => {
    const at = offset++
    const outcome = await gatherer.submit(
      messageOf(
        streamOf({
          event: ['uint64', Array.from({ length: rows }, (_, i) => event + i)],
          x: ['float32', x ?? Array.from({ length: rows }, (_, i) => 1 + (i % 4))],
        }),
        at,
      ),
    )
    return scoredOf(outcome)
  }
  const version = async () => (await score()).versions[0]
  return { folder, registry, lines, metrics, score, lineUps, pool, until: untilVersion(version), version }
}

export interface Scored {
  readonly outcome: Outcome
  readonly y: (number | bigint | null)[]
  readonly versions: (number | bigint | null)[]
  readonly models: readonly { readonly version: number; readonly share?: number }[]
}

function scoredOf(outcome: Outcome): Scored {
  if (outcome.scores === null) return { outcome, y: [], versions: [], models: [] }
  const events = decodeMessage(outcome.scores, defaultLimits)
  const models = JSON.parse(events.schema.metadata.get('spillway.models')!)
  return { outcome, y: cells(events.column('m.y')), versions: cells(events.column('m.version')), models }
}

const untilVersion = (version: () => Promise<unknown>) => async (wanted: number) =>
  until(async () => (await version()) === wanted, `version ${wanted} to be live`, 60_000)
