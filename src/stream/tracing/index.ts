import type { Message } from '../../ingest/message.js'
import type { PipelineConfig } from '../config/schema.js'
import type { EngineEvents } from '../engine-events.js'
import type { TraceHeaders } from './traceparent.js'

/** Follows sampled messages on their way through the pipeline and sends spans of it to a collector. */
export interface Tracing {
  /** Listens; give these to the engine beside the others. */
  readonly events: EngineEvents
  /** What messages that are published of this one carry on. */
  headersOf(message: Message): TraceHeaders
  /** Sends what waits, for some seconds at most, and gives the rest up. */
  close(): Promise<void>
}

/** What became of spans: taken by the collector, not taken, or let go because too many waited. */
export const SPAN_FATES = ['sent', 'failed', 'dropped'] as const
export type SpanFate = (typeof SPAN_FATES)[number]

export interface TracingOptions {
  readonly config: PipelineConfig
  /** Counts spans. */
  readonly count: (fate: SpanFate, spans: number) => void
  /** Tells people, once, that the collector takes nothing. */
  readonly note: (line: string) => void
}

/** @returns `null` without a `tracing` section, or with OTEL_SDK_DISABLED=true: then nothing of OpenTelemetry is loaded. */
export async function openTracing(options: TracingOptions): Promise<Tracing | null> {
  const { tracing } = options.config
  if (tracing === undefined || process.env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return null
  const { startTracing } = await import('./start.js')
  return startTracing(tracing, options)
}
