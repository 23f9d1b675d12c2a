import type { Message } from '../../ingest/message.js'

/** Where a message belongs, of the headers `traceparent` and `tracestate` (W3C Trace Context, level 1). */
export interface RemoteContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId: string
  readonly sampled: boolean
  readonly traceState: string | null
}

/** The headers of trace context that a message carries on, by name. */
export type TraceHeaders = ReadonlyMap<string, Uint8Array>

const NONE: TraceHeaders = new Map()
/** A later version may add fields behind another dash; the first four keep their meaning. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const ZEROS = /^0+$/
const SAMPLED = 1
const text = new TextDecoder()
const bytes = new TextEncoder()

/** The context in a message's headers; `null` without a valid one. */
export function remoteContext({ headers }: Pick<Message, 'headers'>): RemoteContext | null {
  const header = headers.get('traceparent')
  if (header === undefined) return null
  const match = TRACEPARENT.exec(text.decode(header).trim())
  if (match === null) return null
  const [, version, traceId, spanId, flags, more] = match
  if (version === 'ff' || (version === '00' && more !== undefined)) return null
  if (ZEROS.test(traceId) || ZEROS.test(spanId)) return null
  const state = headers.get('tracestate')
  return {
    traceId,
    spanId,
    sampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0,
    traceState: state === undefined ? null : text.decode(state),
  }
}

/** The headers of a context. */
export function traceHeaders({ traceId, spanId, sampled, traceState }: RemoteContext): TraceHeaders {
  const headers = new Map([['traceparent', bytes.encode(`00-${traceId}-${spanId}-0${sampled ? 1 : 0}`)]])
  if (traceState !== null) headers.set('tracestate', bytes.encode(traceState))
  return headers
}

/** The trace headers of a message as they came: who takes no part in tracing passes them on. */
export function forwarded({ headers }: Pick<Message, 'headers'>): TraceHeaders {
  const traceparent = headers.get('traceparent')
  if (traceparent === undefined) return NONE
  const tracestate = headers.get('tracestate')
  return new Map([
    ['traceparent', traceparent],
    ...(tracestate === undefined ? [] : [['tracestate', tracestate] as const]),
  ])
}
