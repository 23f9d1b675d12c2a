import {
  type Attributes,
  type Context,
  createTraceState,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { SpillwayError } from '../../errors.js'
import type { Message } from '../../ingest/message.js'
import type { PipelineConfig } from '../config/schema.js'
import type { EngineEvents, GivenTask } from '../engine-events.js'
import { threadClockSkew } from '../monotonic.js'
import type { Done, LaneId } from '../sink.js'
import type { TaskReply } from '../work.js'
import {
  commitAttributes,
  identityOf,
  outcomeAttributes,
  stepAttributes,
  taskAttributes,
} from './attributes.js'
import type { TracingConfig } from './config.js'
import { forwarded, remoteContext, type TraceHeaders, traceHeaders } from './traceparent.js'

/** A message under way. */
interface Way {
  readonly message: Message
  readonly span: Span
  /** Holds the span: what children are begun in. */
  readonly context: Context
  /** Milliseconds to add to performance.now() to get those since 1970. */
  readonly epoch: number
  /** When the source delivered it, by performance.now(). */
  readonly delivered: number
}

/**
 * One span for each message, from its delivery to its commit, and one below it for each part of the way: read (the lane
 * had no room), queue, decode, build and infer of each step, encode, commit. Times are those that the metrics are made
 * of; calls of a task share theirs, and build and infer, which alternate call by call, are laid end to end.
 */
export class MessageTracer {
  readonly events: EngineEvents
  readonly #tracer: Tracer
  readonly #pipeline: PipelineConfig
  readonly #parent: TracingConfig['parent']
  readonly #ways = new WeakMap<Message, Way>()
  /** Of sampled messages, by lane, in the order of their offsets. Of others nothing is kept but the context. */
  readonly #open = new Map<string, Way[]>()
  readonly #skew = threadClockSkew()

  constructor(tracer: Tracer, pipeline: PipelineConfig, parent: TracingConfig['parent']) {
    this.#tracer = tracer
    this.#pipeline = pipeline
    this.#parent = parent
    this.events = {
      delivered: (id, messages) => this.#delivered(id, messages),
      task: (reply, _waits, given) => this.#task(reply, given),
      committed: (id, done, seconds) => this.#committed(id, done, seconds),
      aborted: (id, error) => this.#dropped(id, error),
      released: (id) => this.#dropped(id, null),
    }
  }

  headersOf(message: Message): TraceHeaders {
    const way = this.#ways.get(message)
    if (way === undefined) return forwarded(message)
    const { traceId, spanId, traceFlags, traceState } = way.span.spanContext()
    const sampled = (traceFlags & TraceFlags.SAMPLED) !== 0
    return traceHeaders({ traceId, spanId, sampled, traceState: traceState?.serialize() ?? null })
  }

  #delivered(id: LaneId, messages: readonly Message[]): void {
    const delivered = performance.now()
    const epoch = Date.now() - delivered
    const open = this.#openOf(id)
    // What is delivered again was dropped before: its lane was opened anew meanwhile.
    while (open.length > 0 && messages.length > 0 && open.at(-1)!.message.offset >= messages[0].offset)
      end(open.pop()!, delivered, { 'error.type': 'delivered_again' })
    for (const message of messages) {
      const way = this.#begin(message, delivered, epoch)
      this.#ways.set(message, way)
      if (way.span.isRecording()) open.push(way)
    }
  }

  #begin(message: Message, delivered: number, epoch: number): Way {
    const remote = remoteContext(message)
    const context: SpanContext | null = remote && {
      traceId: remote.traceId,
      spanId: remote.spanId,
      traceFlags: remote.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
      isRemote: true,
      ...(remote.traceState !== null && { traceState: createTraceState(remote.traceState) }),
    }
    const follows = context !== null && this.#parent === 'follow'
    const links: Link[] = context !== null && !follows ? [{ context }] : []
    const parent = follows ? trace.setSpanContext(ROOT_CONTEXT, context) : ROOT_CONTEXT
    const kafka = 'topic' in this.#pipeline.source
    const span = this.#tracer.startSpan(
      kafka ? `process ${message.topic}` : 'process files',
      { kind: kafka ? SpanKind.CONSUMER : SpanKind.INTERNAL, startTime: delivered + epoch, links },
      parent,
    )
    if (span.isRecording()) span.setAttributes(identityOf(message, this.#pipeline))
    return { message, span, context: trace.setSpan(ROOT_CONTEXT, span), epoch, delivered }
  }

  #task(reply: TaskReply, given: GivenTask): void {
    given.messages.forEach((message, index) => {
      const way = this.#ways.get(message)
      if (way === undefined || !way.span.isRecording()) return
      const { cost } = reply
      const taken = given.at - given.waits[index] * 1e3
      const started = cost.startedAt - this.#skew
      const ended = cost.endedAt - this.#skew
      const task = taskAttributes(reply)
      this.#part(way, 'read', way.delivered, taken)
      this.#part(way, 'queue', taken, given.at)
      let at = started + cost.decodeSeconds * 1e3
      this.#part(way, 'decode', started, at, task)
      for (const step of cost.steps) {
        const built = at + step.buildSeconds * 1e3
        const inferred = built + step.inferSeconds * 1e3
        const attributes = { ...task, ...stepAttributes(step, given.models) }
        this.#part(way, `build ${step.step}`, at, built, attributes)
        this.#part(way, `infer ${step.step}`, built, inferred, attributes)
        at = inferred
      }
      this.#part(way, 'encode', ended - cost.encodeSeconds * 1e3, ended, task)
    })
  }

  #committed(id: LaneId, done: readonly Done[], seconds: number): void {
    const open = this.#open.get(keyOf(id))
    const last = done.at(-1)?.message.offset
    if (open === undefined || last === undefined) return
    const now = performance.now()
    const outcomes = new Map(done.map(({ message, outcome }) => [message, outcome]))
    // One that is passed over without an outcome was done by an earlier owner of the lane.
    while (open.length > 0 && open[0].message.offset <= last) {
      const way = open.shift()!
      const outcome = outcomes.get(way.message)
      if (outcome === undefined) {
        end(way, now, { 'spillway.outcome': 'skipped' })
        continue
      }
      this.#part(way, 'commit', now - seconds * 1e3, now, commitAttributes(done))
      end(way, now, { 'spillway.outcome': 'committed', ...outcomeAttributes(outcome) })
    }
  }

  /** Nothing of these was visible; another delivery begins anew. */
  #dropped(id: LaneId, error: SpillwayError | null): void {
    const now = performance.now()
    for (const way of this.#open.get(keyOf(id)) ?? [])
      end(way, now, error === null ? { 'spillway.outcome': 'released' } : { 'error.type': error.code })
    this.#open.delete(keyOf(id))
  }

  #part({ context, epoch }: Way, name: string, from: number, to: number, attributes: Attributes = {}): void {
    this.#tracer
      .startSpan(name, { startTime: from + epoch, attributes }, context)
      .end(Math.max(from, to) + epoch)
  }

  #openOf(id: LaneId): Way[] {
    const key = keyOf(id)
    const open = this.#open.get(key) ?? []
    this.#open.set(key, open)
    return open
  }
}

const keyOf = ({ topic, partition }: LaneId): string => `${topic}/${partition}`

/** Ends the span of a message; an `error.type` makes it a failed one. */
function end({ span, epoch }: Way, now: number, attributes: Attributes): void {
  span.setAttributes(attributes)
  const error = attributes['error.type']
  if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) })
  span.end(now + epoch)
}
