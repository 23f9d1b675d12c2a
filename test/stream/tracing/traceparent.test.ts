import { describe, expect, it } from 'vitest'
import { forwarded, remoteContext, traceHeaders } from '#spillway/stream/tracing/traceparent.js'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'
const headers = (of: Readonly<Record<string, string>>) => ({
  headers: new Map(Object.entries(of).map(([name, value]) => [name, new TextEncoder().encode(value)])),
})
const contextOf = (traceparent: string) => remoteContext(headers({ traceparent }))

describe('traceparent', () => {
  it('is read as W3C Trace Context says', () => {
    const known = { traceId: TRACE, spanId: SPAN, traceState: null }
    expect(contextOf(`00-${TRACE}-${SPAN}-01`)).toEqual({ ...known, sampled: true })
    expect(contextOf(`00-${TRACE}-${SPAN}-00`)).toEqual({ ...known, sampled: false })
    // Other flags are not ours, and a later version may add fields.
    expect(contextOf(`00-${TRACE}-${SPAN}-fe`)?.sampled).toBe(false)
    expect(contextOf(`cc-${TRACE}-${SPAN}-09-what-comes`)).toEqual({ ...known, sampled: true })
  })

  it.each([
    ['another version', `ff-${TRACE}-${SPAN}-01`],
    ['more than version 00 has', `00-${TRACE}-${SPAN}-01-more`],
    ['no trace', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['no span', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['too short', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['something else', 'hello'],
    ['nothing', ''],
  ])('is left alone with %s', (_what, traceparent) => {
    expect(contextOf(traceparent)).toBeNull()
  })

  it('comes back as it went, with the state of other systems', () => {
    const sent = { traceId: TRACE, spanId: SPAN, sampled: true, traceState: 'congo=t61rcWkgMzE,rojo=00f0' }
    expect(remoteContext({ headers: traceHeaders(sent) })).toEqual(sent)
  })

  it('is passed on by who takes no part, with its state, and nothing else', () => {
    const traced = { traceparent: `00-${TRACE}-${SPAN}-00`, tracestate: 'a=1' }
    expect(forwarded(headers({ ...traced, crc32: '00' }))).toEqual(headers(traced).headers)
    expect(forwarded(headers({ tracestate: 'a=1', crc32: '00' })).size).toBe(0)
  })
})
