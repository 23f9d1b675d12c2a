import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { catalogue, type ErrorCode, type SpillwayError } from '../errors.js'
import type { CloseReason } from './gatherer.js'
import { ModelMetrics } from './model-metrics.js'
import type { Lost } from './pool.js'
import type { Done } from './sink.js'
import type { Lag } from './source.js'
import { SPAN_FATES, type SpanFate } from './tracing/index.js'
import type { LiveModel, TaskReply } from './work.js'

const SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30]
const ROWS = [1, 4, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384]

const LOSSES: readonly Lost[] = ['hang', 'crash', 'memory']

const codesThat = (decision: SpillwayError['decision']): ErrorCode[] =>
  (Object.keys(catalogue) as ErrorCode[]).filter((code) => catalogue[code].decision === decision)

/**
 * Everything a scorer tells Prometheus, in one place: SI units, labels bounded by pipeline, step, chain and error code.
 * Observed once a task or commit, never once an event.
 */
export class Metrics {
  readonly registry = new Registry()
  /** What the models themselves tell. */
  readonly ofModels = new ModelMetrics(this.registry)
  readonly #events = this.#counter('spillway_events_total', 'Events scored and committed')
  readonly #bytes = this.#counter('spillway_bytes_total', 'Bytes of committed input messages')
  readonly #messages = this.#counter('spillway_messages_total', 'Committed input messages')
  readonly #accepted = this.#counter('spillway_accepted_events_total', 'Events accepted by the trigger menu')
  readonly #chains = this.#counter(
    'spillway_chain_events_total',
    'Events that passed a chain, after its prescale',
    ['chain'],
  )
  readonly #deadLetters = this.#counter('spillway_dead_letters_total', 'Dead letters by error code', ['code'])
  readonly #commits = this.#counter('spillway_commits_total', 'Commits that became visible')
  readonly #aborts = this.#counter(
    'spillway_aborts_total',
    'Commits and openings that failed, by error code',
    ['code'],
  )
  readonly #replaced = this.#counter(
    'spillway_workers_replaced_total',
    'Workers replaced: hang, crash or memory',
    ['reason'],
  )
  readonly #closed = this.#counter(
    'spillway_tasks_total',
    'Tasks given to workers, by why they were closed',
    ['reason'],
  )
  readonly #padding = this.#counter(
    'spillway_entries_total',
    'Entries of ragged inputs: real ones and padding',
    ['step', 'kind'],
  )
  readonly #taskRows = this.#histogram('spillway_task_rows', 'Rows of a task', ROWS)
  readonly #callRows = this.#histogram('spillway_inference_rows', 'Items of an inference call', ROWS, [
    'step',
  ])
  readonly #queue = this.#histogram('spillway_queue_seconds', 'A message waits for a worker', SECONDS)
  readonly #decode = this.#histogram('spillway_decode_seconds', 'Decoding of a task', SECONDS)
  readonly #encode = this.#histogram('spillway_encode_seconds', 'Encoding of a task', SECONDS)
  readonly #build = this.#histogram('spillway_build_seconds', 'Feature building of a task', SECONDS, ['step'])
  readonly #infer = this.#histogram('spillway_inference_seconds', 'Inference of a task', SECONDS, ['step'])
  readonly #commit = this.#histogram('spillway_commit_seconds', 'A commit, rows and offsets', SECONDS)
  readonly #latency = this.#histogram(
    'spillway_latency_seconds',
    'From the timestamp of a message to its commit',
    SECONDS,
  )
  readonly #lag = this.#gauge('spillway_lag_messages', 'Messages not yet delivered', ['topic', 'partition'])
  readonly #lanes = this.#gauge('spillway_lanes', 'Lanes that this process owns')
  readonly #paused = this.#gauge('spillway_paused', '1 while an operator has paused the input')
  readonly #model = this.#gauge('spillway_model_version', 'Version of the live model', ['step', 'model'])
  readonly #provider = this.#gauge('spillway_provider', '1 for the execution provider in use', [
    'step',
    'provider',
  ])
  readonly #fallback = this.#gauge('spillway_provider_fallbacks', 'Providers that `auto` passed over', [
    'step',
  ])
  readonly #spans = this.#counter(
    'spillway_trace_spans_total',
    'Spans for the collector: sent, failed or dropped',
    ['fate'],
  )
  readonly #progress = this.#gauge(
    'spillway_last_commit_timestamp_seconds',
    'When the last commit became visible',
  )

  constructor(pipeline: string) {
    this.registry.setDefaultLabels({ pipeline })
    // A counter that begins at 0 shows its first event to Prometheus' increase().
    for (const code of codesThat('dead-letter')) this.#deadLetters.inc({ code }, 0)
    for (const code of codesThat('retry')) this.#aborts.inc({ code }, 0)
    for (const reason of LOSSES) this.#replaced.inc({ reason }, 0)
    for (const fate of SPAN_FATES) this.#spans.inc({ fate }, 0)
    this.paused(false)
  }

  task({ cost, outcomes }: TaskReply, reason: CloseReason, queueSeconds: readonly number[]): void {
    this.#closed.inc({ reason })
    this.#taskRows.observe(outcomes.reduce((sum, { rows }) => sum + rows, 0))
    for (const seconds of queueSeconds) this.#queue.observe(seconds)
    this.#decode.observe(cost.decodeSeconds)
    this.#encode.observe(cost.encodeSeconds)
    for (const { step, buildSeconds, inferSeconds, calls, entries, paddedEntries } of cost.steps) {
      this.#build.observe({ step }, buildSeconds)
      this.#infer.observe({ step }, inferSeconds)
      for (const rows of calls) this.#callRows.observe({ step }, rows)
      this.#padding.inc({ step, kind: 'real' }, entries)
      this.#padding.inc({ step, kind: 'padding' }, paddedEntries - entries)
    }
  }

  committed(done: readonly Done[], seconds: number): void {
    const now = Date.now()
    this.#commits.inc()
    this.#commit.observe(seconds)
    this.#messages.inc(done.length)
    this.#progress.set(now / 1e3)
    for (const { message, outcome } of done) {
      this.#events.inc(outcome.rows)
      this.#bytes.inc(message.value?.length ?? 0)
      this.#accepted.inc(outcome.acceptedRows)
      if (message.timestamp >= 0) this.#latency.observe(Math.max(0, now - message.timestamp) / 1e3)
      for (const [chain, count] of Object.entries(outcome.chains)) this.#chains.inc({ chain }, count)
      for (const { code } of outcome.rejects) this.#deadLetters.inc({ code })
    }
  }

  aborted({ code }: SpillwayError): void {
    this.#aborts.inc({ code })
  }

  workerReplaced(reason: Lost): void {
    this.#replaced.inc({ reason })
  }

  spans(fate: SpanFate, count: number): void {
    this.#spans.inc({ fate }, count)
  }

  lanes(count: number): void {
    this.#lanes.set(count)
  }

  paused(paused: boolean): void {
    this.#paused.set(paused ? 1 : 0)
  }

  lag(lags: readonly Lag[]): void {
    this.#lag.reset()
    for (const { id, messages } of lags) {
      if (messages !== null) this.#lag.set({ topic: id.topic || 'files', partition: id.partition }, messages)
    }
  }

  models(models: readonly LiveModel[]): void {
    for (const { step, name, version, provider, fallbacks, share } of models) {
      if (share === undefined) this.#model.set({ step, model: name }, version)
      this.#provider.set({ step, provider }, 1)
      this.#fallback.set({ step }, fallbacks.length)
    }
  }

  #counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] })
  }

  #gauge(name: string, help: string, labelNames: string[] = []): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.registry] })
  }

  #histogram(name: string, help: string, buckets: number[], labelNames: string[] = []): Histogram {
    return new Histogram({ name, help, buckets, labelNames, registers: [this.registry] })
  }
}
