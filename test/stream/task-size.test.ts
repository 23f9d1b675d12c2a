import { describe, expect, it } from 'vitest'
import { TaskSize } from '#spillway/stream/task-size.js'

const took = (seconds: number) => ({
  startedAt: 0,
  endedAt: seconds * 1e3,
  decodeSeconds: seconds / 4,
  encodeSeconds: seconds / 4,
  steps: [
    {
      step: 'tag',
      buildSeconds: seconds / 4,
      inferSeconds: seconds / 4,
      calls: [],
      entries: 0,
      paddedEntries: 0,
    },
  ],
})

describe('the size of a task', () => {
  const limits = { rows: 1_000, bytes: 1e6, seconds: 0.1 }

  it('is by bytes and by rows of 200 bytes before anything is known', () => {
    const size = new TaskSize(limits)
    expect(size.reached(199_999)).toBeUndefined()
    expect(size.reached(200_000)).toBe('rows')
    expect(size.exceeded(200_000)).toBe(false)
    expect(size.exceeded(200_001)).toBe(true)
    expect(new TaskSize({ ...limits, bytes: 1_000 }).reached(1_000)).toBe('bytes')
  })

  it('is by seconds where the model is slow', () => {
    const size = new TaskSize(limits)
    for (let i = 0; i < 50; i++) size.learn(50_000, 50, took(1))
    // 20 microseconds a byte.
    expect(size.reached(4_990)).toBeUndefined()
    expect(size.reached(5_010)).toBe('seconds')
    expect(size.exceeded(5_010)).toBe(true)
    for (let i = 0; i < 100; i++) size.learn(50_000, 50, took(1e-3))
    expect(size.exceeded(900_000)).toBe(false)
    expect(size.reached(1e6)).toBe('bytes')
  })

  it('learns nothing of a task that held no row', () => {
    const size = new TaskSize(limits)
    size.learn(50_000, 0, took(1))
    expect(size.reached(199_999)).toBeUndefined()
  })
})
