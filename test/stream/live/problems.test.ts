import { describe, expect, it } from 'vitest'
import { NOTHING_YET } from '#spillway/stream/live/facts.js'
import { limits, problemsOf, type Signs } from '#spillway/stream/live/problems.js'
import { troubles } from '#spillway/stream/live/troubles.js'
import { textOf } from '../../support/sources.js'

const NOW = 1_000_000
const READY = { ...NOTHING_YET, problem: null }
const WELL: Signs = {
  time: NOW,
  facts: READY,
  stalledSeconds: 60,
  letters: [],
  moreLetters: false,
  incidents: [],
  lags: [],
  latencies: [],
}
const wrong = (signs: Partial<Signs>) => problemsOf({ ...WELL, ...signs })
const kinds = (signs: Partial<Signs>) => wrong(signs).map(({ what }) => what)
const ramp = (count: number, lag: (second: number) => number) =>
  Array.from({ length: count }, (_, i) => lag(i))
const letter = (age: number, code: 'EVENT_FAILED' | 'SCORE_NOT_FINITE' = 'EVENT_FAILED') => ({
  time: NOW - age,
  code,
  message: 'm',
  place: 'p',
})

describe('what the live page calls wrong', () => {
  it('is nothing in a process that is well', () => {
    expect(wrong({ lags: ramp(60, (i) => 200 + (i % 7)), latencies: [5, null, 9] })).toEqual([])
  })

  it('is a stall, after 10 s or when it is not ready any more, whichever is first', () => {
    const stalled = (seconds: number) => ({ ...READY, stalled: seconds })
    expect(kinds({ facts: stalled(9) })).toEqual([])
    expect(wrong({ facts: stalled(10) })).toMatchObject([
      { what: 'no-progress', grave: true, text: 'Work waits and nothing was committed for 10 s.' },
    ])
    expect(kinds({ facts: stalled(4), stalledSeconds: 4 })).toEqual(['no-progress'])
    // One thing, not two.
    expect(kinds({ facts: { ...stalled(70), problem: 'work waits' } })).toEqual(['no-progress'])
    expect(kinds({ facts: NOTHING_YET })).toEqual(['not-ready'])
    expect(kinds({ facts: { ...READY, paused: true } })).toEqual(['paused'])
  })

  it.each<[string, number[], boolean]>([
    ['large and steady', ramp(60, () => 5_000), false],
    ['large and falling', ramp(60, (i) => 50_000 - 100 * i), false],
    ['growing and small', ramp(60, (i) => i), false],
    ['growing', ramp(60, (i) => 100 + 50 * i), true],
    ['from nothing to much, 5 s ago', [...ramp(30, () => 0), 300, 300, 400, 400, 500], true],
    ['a moment of much', [...ramp(30, () => 0), 300, 300, 0, 400, 500], false],
    ['of a young process that catches up', ramp(12, (i) => 9_000 - 500 * i), false],
    ['of a young process that does not', ramp(12, (i) => 1_000 + 500 * i), true],
    ['of which too little is known', ramp(9, (i) => 1_000 * i), false],
  ])('is a lag that grows: %s', (_name, lags, grows) => {
    expect(kinds({ lags })).toEqual(grows ? ['falls-behind'] : [])
  })

  it('is dead letters of the last 5 minutes, by their codes', () => {
    expect(kinds({ letters: [letter(301)] })).toEqual([])
    const letters = [letter(1), letter(2, 'SCORE_NOT_FINITE'), letter(400)]
    expect(wrong({ letters, moreLetters: true })).toMatchObject([
      { text: 'In the last 5 min, 2 dead letters: EVENT_FAILED, SCORE_NOT_FINITE.', at: NOW - 1 },
    ])
    expect(wrong({ letters: [letter(1)], moreLetters: true })[0].text).toContain('at least 1 dead letter:')
  })

  it('is a worker that was lost, and aborts when there are many', () => {
    const abort = { time: NOW - 1, what: 'abort', how: 'LANE_FENCED' } as const
    expect(kinds({ incidents: new Array(10).fill(abort) })).toEqual([])
    expect(wrong({ incidents: new Array(11).fill(abort) })[0].text).toContain('LANE_FENCED')
    expect(kinds({ incidents: [{ time: NOW - 9, what: 'worker', how: 'hang' }] })).toEqual(['workers-lost'])
    expect(kinds({ incidents: [{ time: NOW - 601, what: 'worker', how: 'hang' }] })).toEqual([])
  })

  it('is a p99 above 10 s, three times in half a minute', () => {
    expect(kinds({ latencies: [null, 20_000, null, 11_000] })).toEqual([])
    expect(kinds({ latencies: [12_000, null, 20_000, null, 11_000] })).toEqual(['slow'])
    expect(kinds({ latencies: [12_000, 20_000, 11_000, 5] })).toEqual([])
  })

  it('is what happened to models in the last 10 minutes, the newest of a kind for each step', () => {
    const news = (
      what: 'refused' | 'taken back' | 'live',
      step: string,
      age: number,
      version: number | null,
    ) => ({ time: NOW - age, step, what, version, text: `${version ?? 'registry'} ${what}` }) as const
    const history = [
      news('refused', 'a', 1, 3),
      news('refused', 'a', 2, 2),
      news('refused', 'b', 3, null),
      news('taken back', 'a', 4, 1),
      news('live', 'a', 5, 2),
      news('refused', 'c', 601, 2),
    ]
    const facts = { ...READY, serving: { references: [], trials: [], history } }
    expect(wrong({ facts }).map(({ what, text }) => `${what}: ${text}`)).toEqual([
      'model-refused: Step a: 3 refused',
      'registry: Step b: registry refused',
      'model-taken-back: Step a: 1 taken back',
    ])
  })

  it('is drift, once there are enough values, and a provider that was passed over', () => {
    const feature = (name: string, psi: number, count = 500) => ({
      name,
      edges: new Float64Array([0]),
      expected: new Float64Array([0.5, 0.5]),
      offset: 0,
      drift: { name, count, psi, ks: 0 },
    })
    const features = [
      feature('score.y', 0.26),
      feature('input.x.0', 3.21),
      feature('a', 0.2),
      feature('b', 9, 9),
    ]
    const serving = { references: [{ step: 'm', features }], trials: [], history: [] }
    expect(wrong({ facts: { ...READY, serving } })[0].text).toBe(
      'Step m is far from its training sample: input.x.0 (PSI 3.2), score.y (PSI 0.26).',
    )
    const model = {
      step: 'm',
      name: 'n',
      version: 1,
      sha256: '',
      runtime: '',
      provider: 'cpu',
      fallbacks: ['cuda: no'],
    } as const
    expect(wrong({ facts: { ...READY, models: [model] } })[0].text).toBe('Step m runs on cpu: cuda: no')
    expect(kinds({ facts: { ...READY, models: [{ ...model, fallbacks: [] }] } })).toEqual([])
  })

  it('is what the shipped alerts call so: but for a process that is gone, and for what the group shows', () => {
    const alerts = [...textOf('deploy/prometheus/alerts.yaml').matchAll(/- alert: (\w+)/g)].map(
      ([, name]) => name,
    )
    const shown = Object.values(troubles).flatMap(({ alert }) => alert ?? [])
    const elsewhere = ['SpillwayDown', 'SpillwayModelVersionsDiffer']
    expect([...shown, ...elsewhere].sort()).toEqual(alerts.sort())
  })

  it.each([
    ['SpillwayDeadLetters', `[${limits.lettersFor / 60}m]`],
    ['SpillwayAborts', `[${limits.abortsFor / 60}m])) > ${limits.mostAborts}`],
    ['SpillwayWorkersReplaced', `[${limits.workersFor / 60}m]`],
    ['SpillwayModelRefused', `[${limits.modelsFor / 60}m]`],
    ['SpillwayModelRolledBack', `[${limits.modelsFor / 60}m]`],
    ['SpillwayLagGrows', `spillway:lag_messages:sum > ${limits.mostLag}`],
    ['SpillwayLagGrows', `> ${limits.lagGrowth} * (spillway:lag_messages:sum offset`],
    ['SpillwaySlow', `p99_5m > ${limits.slow}`],
    ['SpillwayDrift', `> ${limits.mostPsi}`],
  ])('has the limits of the shipped alerts: %s, %s', (alert, limit) => {
    const rule = textOf('deploy/prometheus/alerts.yaml')
      .split('- alert: ')
      .find((text) => text.startsWith(`${alert}\n`))
    expect(rule?.slice(0, rule.indexOf('annotations:'))).toContain(limit)
  })
})
