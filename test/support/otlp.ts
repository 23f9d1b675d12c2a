import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Value = string | number | boolean | readonly Value[]

/** A span as a collector has it. Times in milliseconds since 1970. */
export interface SeenSpan {
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  /** `''` for the first span of a trace. */
  readonly parent: string
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly start: number
  readonly end: number
  readonly attributes: Readonly<Record<string, Value>>
  /** 2 for an error. */
  readonly status: number
  readonly resource: Readonly<Record<string, Value>>
}

interface AnyValue {
  readonly stringValue?: string
  /** JSON of protobuf writes it as text; some write a number. */
  readonly intValue?: string | number
  readonly doubleValue?: number
  readonly boolValue?: boolean
  readonly arrayValue?: { readonly values?: readonly AnyValue[] }
}
type KeyValues = readonly { readonly key: string; readonly value: AnyValue }[]
interface Traces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: KeyValues }
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly name: string
        readonly kind: number
        readonly traceId: string
        readonly spanId: string
        readonly parentSpanId?: string
        readonly links?: readonly { readonly traceId: string; readonly spanId: string }[]
        readonly startTimeUnixNano: string
        readonly endTimeUnixNano: string
        readonly attributes?: KeyValues
        readonly status?: { readonly code?: number }
      }[]
    }[]
  }[]
}

function plain({ stringValue, intValue, doubleValue, boolValue, arrayValue }: AnyValue): Value {
  if (arrayValue !== undefined) return (arrayValue.values ?? []).map(plain)
  if (intValue !== undefined) return Number(intValue)
  return stringValue ?? doubleValue ?? boolValue ?? ''
}

const recordOf = (list: KeyValues = []) =>
  Object.fromEntries(list.map(({ key, value }) => [key, plain(value)]))
const ms = (nanoseconds: string): number => Number(BigInt(nanoseconds) / 1_000n) / 1e3

/** The spans of one OTLP/JSON export request. */
export function spansOf(json: string): SeenSpan[] {
  const { resourceSpans } = JSON.parse(json) as Traces
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        name: span.name,
        kind: span.kind,
        traceId: span.traceId,
        spanId: span.spanId,
        parent: span.parentSpanId ?? '',
        links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
        start: ms(span.startTimeUnixNano),
        end: ms(span.endTimeUnixNano),
        attributes: recordOf(span.attributes),
        status: span.status?.code ?? 0,
        resource: recordOf(resource.attributes),
      })),
    ),
  )
}

/** The spans of messages, each with those below it, in the order in which they began. */
export const waysOf = (spans: readonly SeenSpan[]) =>
  spans
    .filter(({ name }) => name.startsWith('process '))
    .map((message) => ({
      message,
      parts: spans.filter(({ parent }) => parent === message.spanId).sort((a, b) => a.start - b.start),
    }))

/**
 * A small OTLP/HTTP receiver, for when there is no collector, and for collectors that misbehave: `answer` may leave a
 * request unanswered.
 */
export async function otlpReceiver(
  answer: (response: ServerResponse) => void = (response) => response.end('{}'),
) {
  const spans: SeenSpan[] = []
  const headers: Readonly<Record<string, unknown>>[] = []
  const paths = new Set<string>()
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => {
      body += chunk
    })
    request.on('end', () => {
      paths.add(request.url!)
      headers.push(request.headers)
      spans.push(...spansOf(body))
      answer(response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: (): readonly SeenSpan[] => spans,
    headers,
    paths,
    async close(): Promise<void> {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
