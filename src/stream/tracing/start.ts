import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import {
  detectResources,
  envDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources'
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base'
import type { TracingConfig } from './config.js'
import { SpanGate } from './export.js'
import type { Tracing, TracingOptions } from './index.js'
import { MessageTracer } from './messages.js'

const SAMPLE = 0.01
/** Spans that wait; each is about a kilobyte. */
const QUEUE = 2_048
/** A request and its second try; short, for the end of a process waits for those under way. */
const REQUEST_MS = 2_000
const CLOSE_MS = 2_500

/** Starts the SDK, for this pipeline alone: nothing is registered globally. */
export function startTracing(
  config: TracingConfig,
  { config: pipeline, count, note }: TracingOptions,
): Tracing {
  const url = config.endpoint === undefined ? undefined : `${config.endpoint.replace(/\/+$/, '')}/v1/traces`
  let said = false
  const waiting = wholeFrom('OTEL_BSP_MAX_QUEUE_SIZE', QUEUE)
  const gate = new SpanGate(waiting, count, (error) => {
    if (said) return
    said = true
    const where = url ?? 'the collector'
    note(`WARNING: ${where} takes no spans (${reasonOf(error)}); they are dropped and counted, said once`)
  })
  const exporter = new OTLPTraceExporter({
    ...(url !== undefined && { url }),
    ...(timeoutFromEnv() ? {} : { timeoutMillis: REQUEST_MS }),
  })
  const provider = new BasicTracerProvider({
    resource: resourceOf(pipeline.name),
    spanProcessors: [gate.before(new BatchSpanProcessor(gate.around(exporter), { maxQueueSize: waiting }))],
    ...samplerOf(config),
  })
  const tracer = new MessageTracer(provider.getTracer('spillway'), pipeline, config.parent)
  return {
    events: tracer.events,
    headersOf: (message) => tracer.headersOf(message),
    async close() {
      const flushed = provider.forceFlush().catch(() => {})
      await Promise.race([flushed, sleep(CLOSE_MS, undefined, { ref: false })])
      gate.shut()
      void provider.shutdown().catch(() => {})
    },
  }
}

/** Without `sample`, the SDK reads OTEL_TRACES_SAMPLER itself. */
function samplerOf({ sample }: TracingConfig) {
  if (sample === undefined && process.env['OTEL_TRACES_SAMPLER'] !== undefined) return {}
  return { sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sample ?? SAMPLE) }) }
}

/** OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win. The command line is left out: `--set` may hold a password. */
function resourceOf(pipeline: string) {
  const own = resourceFromAttributes({
    'service.name': pipeline,
    'service.namespace': 'spillway',
    'host.name': hostname(),
    'process.pid': process.pid,
  })
  return own.merge(detectResources({ detectors: [serviceInstanceIdDetector, envDetector] }))
}

function wholeFrom(variable: string, fallback: number): number {
  const value = Number(process.env[variable] ?? Number.NaN)
  return Number.isInteger(value) && value > 0 ? value : fallback
}

const timeoutFromEnv = (): boolean =>
  ['OTEL_EXPORTER_OTLP_TIMEOUT', 'OTEL_EXPORTER_OTLP_TRACES_TIMEOUT'].some((name) => name in process.env)

/** A refused connection has an empty message and a code. */
function reasonOf(error: Error | undefined): string {
  const { code } = (error ?? {}) as { readonly code?: unknown }
  return error?.message || String(code ?? 'no reason given')
}
