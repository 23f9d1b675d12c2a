import { setTimeout as sleep } from 'node:timers/promises'
import { SpillwayError } from '../../errors.js'
import type { BatchProducer, KafkaClient } from '../kafka/port.js'
import { type Produced, type ProduceOptions, produceFiles } from '../produce.js'
import { quantile } from '../quantile.js'
import { problemOf, type Step } from './ramp.js'
import { ScoreWatch, type Seen } from './watch.js'

export interface LoadOptions {
  readonly client: KafkaClient
  /** What the group reads, its name, and where its scores go. */
  readonly topic: string
  readonly group: string
  readonly scores: string
  readonly files: readonly string[]
  readonly view: ProduceOptions['view']
  /** Events of a message. */
  readonly rows: number
  /** Events per second, one step each. */
  readonly rates: readonly number[]
  /** How long each is held, in seconds. */
  readonly hold: number
  /** What the rule of the knee allows, in seconds: see `problemOf`. */
  readonly limit: number
  readonly signal: AbortSignal
  /** A step is done. */
  readonly told: (step: Step) => void
}

/** Until compilers and lanes are warm; nothing of it is counted. */
const WARM_SECONDS = 5
/** How long the group may take to show its first scores. */
const FIRST_MS = 60_000
/** How long a backlog may take to be worked off before the next step. */
const DRAIN_MS = 60_000
const POLL_MS = 50
/** After the last offset is committed its scores are on their way to us for a moment. */
const ARRIVE_MS = 500

/**
 * Sends files at one rate after the other to the topic of a running group, and watches its scores. Every step begins
 * with nothing waiting; the ramp ends with the first step that the group does not keep up with.
 * @throws SpillwayError SOURCE_UNAVAILABLE when no scores come or a backlog stays, and as `produceFiles`
 */
export async function load(options: LoadOptions): Promise<Step[]> {
  const { client, scores, rates, hold, signal, told } = options
  const lag = await groupLag(options)
  const watch = await ScoreWatch.open(client, scores)
  // Seen below; unhandled it would end the process in between.
  watch.failed.catch(() => {})
  const producer = client.producer()
  const steps: Step[] = []
  try {
    await settle(lag, FIRST_MS, 'the group does not finish what waits in its topic')
    await send(producer, options, rates[0], WARM_SECONDS)
    await firstScores(watch)
    for (const rate of rates) {
      await settle(lag, DRAIN_MS, 'the group does not work its backlog off')
      if (signal.aborted) break
      watch.forget()
      const from = Date.now()
      const produced = await send(producer, options, rate, hold)
      if (signal.aborted) break
      const to = Date.now()
      const waiting = await lag()
      // What is under way still counts, with the latency that it will have.
      await settle(lag, DRAIN_MS, 'the group does not work its backlog off').catch(() => {})
      await sleep(ARRIVE_MS)
      const step = stepOf(options, rate, produced, watch.between(from, to), waiting)
      steps.push(step)
      told(step)
      if (step.problem !== null) break
    }
    return steps
  } finally {
    await Promise.all([producer.close(), watch.close()])
  }
}

function stepOf(
  { hold, limit }: LoadOptions,
  rate: number,
  { events, messages }: Produced,
  { latencies, arrived }: Seen,
  lag: number,
): Step {
  const rows = events / Math.max(1, messages)
  // The first goes at once; whether one that is due as the hold ends still goes is chance.
  const due = Math.ceil((hold * rate) / rows)
  const step = {
    rate,
    sent: rate * Math.min(1, messages / due),
    scored: (arrived * rows) / hold,
    messages,
    latency: {
      p50: quantile(latencies, 0.5),
      p95: quantile(latencies, 0.95),
      p99: quantile(latencies, 0.99),
      max: quantile(latencies, 1),
    },
    lag,
    lagSeconds: (lag * rows) / rate,
  }
  return { ...step, problem: problemOf(step, limit) }
}

/** For so many seconds from the first message on, whole messages at the rate. */
async function send(
  producer: BatchProducer,
  { files, view, topic, rows, signal, client }: LoadOptions,
  rate: number,
  seconds: number,
): Promise<Produced> {
  const over = new AbortController()
  let timer: NodeJS.Timeout | undefined
  try {
    return await produceFiles(producer, files, {
      view,
      topic,
      partitions: (await client.admin().partitions(topic))!,
      rate,
      rows,
      key: null,
      loops: 0,
      signal: AbortSignal.any([signal, over.signal]),
      progress: () => {
        timer ??= setTimeout(() => over.abort(), seconds * 1e3)
      },
    })
  } finally {
    clearTimeout(timer)
  }
}

/** Asks how many messages of the topic the group has not committed. @throws SpillwayError SOURCE_UNAVAILABLE */
async function groupLag({ client, topic, group }: LoadOptions): Promise<() => Promise<number>> {
  const admin = client.admin()
  if ((await admin.partitions(topic)) === null)
    throw new SpillwayError('SOURCE_UNAVAILABLE', `topic ${topic} does not exist`, { place: topic })
  return async () => {
    const ranges = await admin.offsets(topic)
    const waiting = await Promise.all(
      ranges.map(async ({ partition, begin, end }) => {
        const committed = await admin.committed(group, topic, partition)
        return Number(end - (committed?.offset ?? begin))
      }),
    )
    return waiting.reduce((sum, messages) => sum + messages, 0)
  }
}

async function settle(lag: () => Promise<number>, limitMs: number, what: string): Promise<void> {
  const end = performance.now() + limitMs
  for (let waiting = await lag(); waiting > 0; waiting = await lag()) {
    if (performance.now() > end) {
      throw new SpillwayError('SOURCE_UNAVAILABLE', `${what}: ${waiting} messages wait`, {
        remedy: 'Is a scorer of this pipeline running, and has it room? See its log and /healthz/ready.',
      })
    }
    await sleep(POLL_MS)
  }
}

async function firstScores(watch: ScoreWatch): Promise<void> {
  for (const end = performance.now() + FIRST_MS; watch.count === 0; await sleep(POLL_MS)) {
    if (performance.now() > end) {
      throw new SpillwayError('SOURCE_UNAVAILABLE', 'the group gives no scores', {
        remedy: 'Look at its dead letters: do these files fit the pipeline?',
      })
    }
  }
}
