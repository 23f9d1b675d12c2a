import { describe, expect, it } from 'vitest'
import { SpillwayError } from '#spillway/errors.js'
import type { Events } from '#spillway/ingest/columns.js'
import { type MenuInput, parseMenu } from '#spillway/stream/select/config.js'
import { buildMenu, type MenuState } from '#spillway/stream/select/menu.js'
import { eventsOf } from '../../support/events.js'

const n = 4000
const index = Array.from({ length: n }, (_, i) => i)
const events = part(0, n)

/** Rows from `from` to `to` of one stream. */
function part(from: number, to: number): Events {
  const rows = index.slice(from, to)
  return eventsOf(
    {
      event: ['uint64', rows.map((i) => 10_000 + i)],
      'met.pt': ['float64', rows.map((i) => (i % 10 === 9 ? null : (i * 37) % 200))],
      score: ['float32', rows.map((i) => ((i * 7919) % 4001) / 4001)],
      'jets.pt': ['float32', rows.map((i) => index.slice(0, i % 4).map((j) => 20 * (j + 1)))],
    },
    ['jets'],
  )
}

const build = (input: MenuInput) => buildMenu(parseMenu(input), events.schema)
const sum = (bytes: Uint8Array) => bytes.reduce((a, b) => a + b, 0)

const full: MenuInput = {
  input_rate: 1000,
  chains: {
    met: { when: 'met.pt > 150' },
    dijet: { when: 'count(jets.pt > 30) >= 2', prescale: 2.5 },
    both: { when: 'passed.met and not passed.dijet' },
    rare: { when: 'met.pt > 20', target_rate: 50, rate_on: 'score' },
  },
  pass_through: 0.01,
  accept: 'passed.both or passed.dijet or passed.rare',
}

function errorOf(run: () => unknown): SpillwayError {
  try {
    run()
  } catch (error) {
    if (error instanceof SpillwayError) return error
    throw error
  }
  throw new Error('no error was thrown')
}

describe('a menu', () => {
  it('evaluates chains in order, each seeing those before it', () => {
    const { chains, counts, accept, passThrough } = build(full).evaluate(events)
    const [met, dijet, both, rare] = ['met', 'dijet', 'both', 'rare'].map(
      (name) => chains.get(name) ?? new Uint8Array(0),
    )
    for (const i of index) {
      const pt = i % 10 === 9 ? 0 : (i * 37) % 200
      expect(met[i]).toBe(pt > 150 ? 1 : 0)
      // A list of three jets has 20, 40 and 60 GeV.
      if (i % 4 < 3) expect(dijet[i]).toBe(0)
      expect(both[i]).toBe(met[i] & (dijet[i] ^ 1))
      expect(accept[i]).toBe(both[i] | dijet[i] | rare[i] | passThrough[i])
    }
    expect(counts.rows).toBe(n)
    expect(counts.accepted).toBe(sum(accept))
    expect(counts.passThrough).toBe(sum(passThrough))
    expect(counts.chains.get('dijet')).toEqual({ candidates: 1000, passed: sum(dijet) })
    expect(Math.abs(sum(dijet) - 400)).toBeLessThan(4 * Math.sqrt(1000 * 0.4 * 0.6))
    expect(Math.abs(sum(passThrough) - 40)).toBeLessThan(4 * Math.sqrt(40))
  })

  it('writes its decisions as columns, those it announced', () => {
    const menu = build(full)
    const out = menu.evaluate(events).events
    expect(menu.produces.map(({ path }) => path)).toEqual([
      'select.met',
      'select.dijet',
      'select.both',
      'select.rare',
      'select.rare_threshold',
      'select.pass_through',
      'select.accept',
    ])
    const specs = out.schema.columns.filter(({ path }) => !events.has(path))
    expect(specs).toEqual(menu.produces)
    expect(out.column('select.met').values).toEqual(menu.evaluate(events).chains.get('met'))
    expect(out.has('passed.met')).toBe(false)
    const threshold = out.column('select.rare_threshold')
    // 32 events in the first window of 640, the first threshold after it.
    expect(threshold.valid?.indexOf(1)).toBe(640)
  })

  it('reads a column that is only called like a chain decision', () => {
    const more = events.with('passed.upstream', events.column('event'))
    const menu = buildMenu(parseMenu({ chains: { a: { when: 'passed.upstream > 10001' } } }), more.schema)
    expect(menu.reads).toEqual(['passed.upstream'])
    expect(menu.evaluate(more).counts.accepted).toBe(n - 2)
  })

  it('says what it reads', () => {
    const menu = build(full)
    expect([...menu.reads].sort()).toEqual(['event', 'jets.pt', 'met.pt', 'score'])
    expect(menu.lists).toEqual(['jets'])
    expect(build({ chains: { a: { when: 'met.pt > 1' } } }).reads).toEqual(['met.pt'])
  })

  it('decides the same however the stream is cut', () => {
    const menu = build(full)
    const whole = menu.evaluate(events)
    let state: MenuState = menu.start
    const accept: number[] = []
    for (const [from, to] of [
      [0, 1],
      [1, 700],
      [700, 700 + 1313],
      [2013, 2013],
      [2013, n],
    ]) {
      const { accept: some, state: next } = menu.evaluate(part(from, to), state)
      accept.push(...some)
      state = JSON.parse(JSON.stringify(next)) as MenuState
    }
    expect(Uint8Array.from(accept)).toEqual(whole.accept)
    expect(state).toEqual(whole.state)
  })

  it('keeps the rate after the prescale at the target', () => {
    const chains = { rare: { when: 'true', target_rate: 50, rate_on: 'score', prescale: 2 } }
    const passed = build({ input_rate: 1000, chains }).evaluate(events).counts.chains.get('rare')?.passed ?? 0
    expect(Math.abs(passed - n * 0.05)).toBeLessThan(60)
    const all = build({
      input_rate: 10,
      chains: { rare: { when: 'true', target_rate: 50, rate_on: 'score' } },
    })
    expect(all.evaluate(events).counts.accepted).toBe(n)
  })

  it('accepts nothing of no rows', () => {
    const { accept, counts, state } = build(full).evaluate(part(0, 0))
    expect(accept.length).toBe(0)
    expect(counts).toMatchObject({ rows: 0, accepted: 0 })
    expect(state).toEqual(build(full).start)
  })

  it('passes everything through when asked to', () => {
    const menu = build({ chains: { none: { when: 'false' } }, pass_through: 1 })
    expect(menu.evaluate(events).counts.accepted).toBe(n)
  })

  it('may have a chain called constructor', () => {
    const chains = {
      constructor: { when: 'met.pt > 20', target_rate: 50, rate_on: 'score' },
    } as MenuInput['chains']
    const menu = build({ input_rate: 1000, chains })
    expect(menu.evaluate(events, {}).accept).toEqual(menu.evaluate(events).accept)
  })
})

describe('a wrong menu', () => {
  const when = 'met.pt > 1'
  it.each([
    [{}, 'select.chains: Invalid input: expected record, received undefined'],
    [{ chains: {} }, 'select.chains: 1 to 64 chains are needed'],
    [{ chains: { a: { when } }, extra: 1 }, 'select: Unrecognized key: "extra"'],
    [{ chains: { a: { when, prescael: 2 } } }, 'select.chains.a: Unrecognized key: "prescael"'],
    [
      { chains: { a: { when, prescale: 0.5 } } },
      'select.chains.a.prescale: Too small: expected number to be >=1',
    ],
    [{ chains: { a: { when } }, pass_through: 2 }, 'select.pass_through: Too big: expected number to be <=1'],
    [
      { chains: { a: { when, target_rate: 1, rate_on: 'score' } } },
      'select.chains.a.target_rate: target_rate needs input_rate',
    ],
    [
      { input_rate: 1, chains: { a: { when, target_rate: 1 } } },
      'select.chains.a: target_rate and rate_on go together',
    ],
  ])('%j', (input, message) => {
    const error = errorOf(() => parseMenu(input))
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toBe(message)
  })

  it.each(['accept', 'pass_through', 'a_threshold', 'a-b', '1a', '', 'x'.repeat(49), '__proto__'])(
    'chain name %j',
    (name) => {
      const chains = JSON.parse(`{${JSON.stringify(name)}: {"when": "true"}}`) as unknown
      expect(errorOf(() => parseMenu({ chains })).code).toBe('CONFIG_INVALID')
    },
  )

  it('has at most 64 chains', () => {
    const chains = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`c${i}`, { when }]))
    expect(errorOf(() => parseMenu({ chains })).message).toBe('select.chains: 1 to 64 chains are needed')
  })

  it('names the key of a wrong expression', () => {
    const error = errorOf(() => build({ chains: { a: { when: 'passed.b' }, b: { when } } }))
    expect(error.code).toBe('EXPRESSION_INVALID')
    expect(error.place).toBe('select.chains.a.when, column 1')
    expect(errorOf(() => build({ chains: { a: { when: 'jets.pt > 1' } } })).message).toContain(
      'one value per event is needed, this is one per item of jets',
    )
    expect(errorOf(() => build({ chains: { a: { when: 'met.pt' } } })).message).toContain('a bool is needed')
    expect(errorOf(() => build({ chains: { a: { when } }, accept: 'passed.c' })).message).toContain(
      'no column passed.c at column 1; near: passed.a',
    )
  })

  it('needs an event number only where it draws', () => {
    const drawing = { event_number: 'evnt', chains: { a: { when, prescale: 2 } } }
    const error = errorOf(() => build(drawing))
    expect([error.code, error.message]).toEqual([
      'COLUMN_MISSING',
      'no column evnt to draw prescales by; near: event',
    ])
    expect(errorOf(() => build({ ...drawing, event_number: 'score' })).code).toBe('COLUMN_TYPE')
    expect(build({ event_number: 'evnt', chains: { a: { when } } }).chains).toEqual(['a'])
  })

  it('does not write over columns that are there', () => {
    const more = events.with('select.a', events.column('score'))
    expect(errorOf(() => buildMenu(parseMenu({ chains: { a: { when } } }), more.schema)).message).toBe(
      'the events already have a column select.a',
    )
  })
})
