import { describe, expect, it } from 'vitest'
import { type ErrorCode, SpillwayError } from '#spillway/errors.js'
import type { Entry } from '#spillway/models/registry.js'
import { Refusals } from '#spillway/stream/control/refusals.js'

const entry = (version: number, digest = `d${version}`): Entry => ({
  name: 'tiny',
  version,
  digest,
  files: [],
  published: '2026-01-01T00:00:00.000Z',
  note: '',
})
const failed = (code: ErrorCode) => new SpillwayError(code, 'why')
const [old, crashing] = [entry(2), entry(3)]
const listed = [crashing, old]

/** How often a version is taken in `looks` looks at the registry when it fails with `code` each time. */
function tries(code: ErrorCode, looks: number): number {
  const refusals = new Refusals()
  let count = 0
  for (let look = 0; look < looks; look++) {
    refusals.forgive()
    if (refusals.firstOpen([crashing]) === undefined) continue
    count++
    refusals.add(crashing, failed(code))
  }
  return count
}

describe('versions that were refused', () => {
  it('are tried three times when they crash, once when they are wrong, ever again when it may pass', () => {
    expect(tries('MODEL_CRASHES', 20)).toBe(3)
    expect(tries('MODEL_INVALID', 20)).toBe(1)
    expect(tries('PROBE_FAILED', 20)).toBe(1)
    expect(tries('REGISTRY_UNAVAILABLE', 20)).toBe(20)
  })

  it('do not stand in the way of those below them, nor are they tried twice in one look', () => {
    const refusals = new Refusals()
    expect(refusals.firstOpen(listed)).toBe(crashing)
    refusals.add(crashing, failed('MODEL_CRASHES'))
    expect(refusals.firstOpen(listed)).toBe(old)
    refusals.add(old, failed('MODEL_CRASHES'))
    expect(refusals.firstOpen(listed)).toBeUndefined()
  })

  it('are others when their bytes are others', () => {
    const refusals = new Refusals()
    refusals.add(crashing, failed('MODEL_INVALID'))
    refusals.forgive()
    expect(refusals.firstOpen([crashing])).toBeUndefined()
    const mended = entry(3, 'other bytes')
    expect(refusals.firstOpen([mended])).toBe(mended)
  })

  it('are told once', () => {
    const refusals = new Refusals()
    expect(refusals.isNews(3, failed('MODEL_CRASHES'))).toBe(true)
    expect(refusals.isNews(3, failed('MODEL_CRASHES'))).toBe(false)
    expect(refusals.isNews(4, failed('MODEL_CRASHES'))).toBe(true)
  })
})
