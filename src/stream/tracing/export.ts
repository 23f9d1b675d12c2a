import type { ReadableSpan, Span, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { SpanFate } from './index.js'

type Count = (fate: SpanFate, spans: number) => void
type Result = Parameters<Parameters<SpanExporter['export']>[1]>[0]

/** `ExportResultCode.SUCCESS` of @opentelemetry/core. */
const SUCCESS = 0
/** TraceFlags.SAMPLED. */
const SAMPLED = 1

/**
 * The way of finished spans to the collector, as narrow as it is told: at most `limit` spans wait or are being sent,
 * further ones are dropped, and each is counted once. Nothing here ever waits for the collector.
 */
export class SpanGate {
  readonly #limit: number
  readonly #count: Count
  readonly #failed: (error: Error | undefined) => void
  #pending = 0
  #shut = false

  /** @param failed Told each time that the collector did not take spans. */
  constructor(limit: number, count: Count, failed: (error: Error | undefined) => void) {
    this.#limit = limit
    this.#count = count
    this.#failed = failed
  }

  /** What was not sent by now is let go. */
  shut(): void {
    if (this.#pending > 0) this.#count('dropped', this.#pending)
    this.#pending = 0
    this.#shut = true
  }

  /** Before a processor that batches. */
  before(processor: SpanProcessor): SpanProcessor {
    return {
      onStart: (span: Span, parent) => processor.onStart(span, parent),
      onEnd: (span: ReadableSpan) => {
        if ((span.spanContext().traceFlags & SAMPLED) === 0) return
        if (this.#shut || this.#pending >= this.#limit) return this.#count('dropped', 1)
        this.#pending++
        processor.onEnd(span)
      },
      forceFlush: () => processor.forceFlush(),
      shutdown: () => processor.shutdown(),
    }
  }

  /** Around the exporter that the processor sends with. */
  around(exporter: SpanExporter): SpanExporter {
    return {
      export: (spans, done) => {
        if (this.#shut) return done({ code: SUCCESS })
        exporter.export(spans, (result: Result) => {
          if (!this.#shut) this.#settle(spans.length, result)
          // Counted and said here; the processor would only say it again.
          done({ code: SUCCESS })
        })
      },
      forceFlush: async () => exporter.forceFlush?.(),
      shutdown: () => exporter.shutdown(),
    }
  }

  #settle(spans: number, { code, error }: Result): void {
    this.#pending -= spans
    this.#count(code === SUCCESS ? 'sent' : 'failed', spans)
    if (code !== SUCCESS) this.#failed(error)
  }
}
