import { describe, expect, it } from 'vitest'
import { hottest } from './engine/profile.mjs'
import { targetsOf } from './engine/targets.mjs'

const runs = (ratePerCpu: number, rate = ratePerCpu) => [{ ratePerCpu, rate, busy: 0.97 }]
const measured = {
  throughput: {
    mlp: {
      ceiling: runs(200),
      files: runs(180),
      exactly_once: runs(95),
      at_least_once: runs(100, 240),
      python: runs(90, 250),
    },
    transformer: {
      ceiling: runs(10),
      files: runs(9.2),
      exactly_once: runs(8),
      at_least_once: runs(9),
      python: runs(5),
    },
  },
  latency: {
    at_least_once: [{ p50: 10, p99: 30 }],
    python: [{ p50: 12, p99: 25 }],
    exactly_once: [{ p50: 20, p99: 55 }],
  },
  soak: { slope: 0.4 },
}

describe('targets', () => {
  it('compares each figure the right way round', () => {
    const found = Object.fromEntries(targetsOf(measured).map(({ id, value, ok }) => [id, [value, ok]]))
    expect(found).toEqual({
      'transformer-files': [expect.closeTo(0.92, 9), true],
      'transformer-kafka': [0.8, false],
      'transformer-python': [1.6, true],
      'mlp-python-cpu': [expect.closeTo(1.111, 3), true],
      'mlp-python-wall': [0.96, false],
      'exactly-once-cost': [expect.closeTo(0.05, 9), true],
      'exactly-once-cost-wall': [expect.closeTo(0.604, 3), false],
      'latency-p50': [expect.closeTo(0.833, 3), true],
      'latency-p99': [1.2, false],
      'latency-exactly-once': [55, true],
      'memory-flat': [0.4, true],
      'cores-busy': [0.97, true],
    })
  })

  it('does not call met what was not measured', () => {
    for (const { value, ok } of targetsOf({ throughput: {}, latency: {}, soak: null }))
      expect([value, ok]).toEqual([null, null])
  })
})

describe('hottest', () => {
  it('sums the own time of a function over all places it was called from', () => {
    const frame = (functionName: string) => ({ functionName, url: 'file:///a/b/c.js', lineNumber: 1 })
    const profile = {
      nodes: [
        { id: 1, callFrame: frame('slow') },
        { id: 2, callFrame: frame('fast') },
        { id: 3, callFrame: frame('slow') },
      ],
      samples: [1, 2, 3],
      timeDeltas: [1000, 500, 2000],
    }
    expect(hottest(profile)).toEqual([
      { name: 'slow a/b/c.js:2', ms: 3 },
      { name: 'fast a/b/c.js:2', ms: 0.5 },
    ])
  })
})
