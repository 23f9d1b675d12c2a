import { describe, expect, it } from 'vitest'
import { compile } from '#spillway/ingest/expression/compile.js'
import { eventsOf } from '../../support/events.js'

const nan = Number.NaN
const events = eventsOf({
  x: ['float64', [1, null, nan, 4]],
  n: ['int32', [1, null, 3, 4]],
  flag: ['bool', [true, null, false, true]],
  process: ['utf8', ['ggF', 'VBF', null, 'ggF']],
  other: ['utf8', ['ggF', 'ttH', null, 'VBF']],
  'jets.pt': ['float32', [[50, 20, 40], [], [null, 30], [10]]],
  'jets.b': ['bool', [[true, null, false], [], [false, true], [true]]],
  'jets.label': ['utf8', [['b', 'c', null], [], ['c', 'b'], ['l']]],
  'muons.pt': ['float64', [[], [5], [], [6, 7]]],
})

function values(source: string): unknown[] {
  return [...compile(source, events.schema).evaluate(events)]
}

describe('null and NaN', () => {
  it.each([
    ['x < 10', [1, 0, 0, 1]],
    ['x != 1', [0, 0, 0, 1]],
    ['x == x', [1, 0, 0, 1]],
    ['not (x < 10)', [0, 1, 1, 0]],
    ['10 > x', [1, 0, 0, 1]],
    ['n >= 3', [0, 0, 1, 1]],
    ['x + n', [2, nan, nan, 8]],
    ['isnull(x)', [0, 1, 1, 0]],
    ['isnull(n)', [0, 1, 0, 0]],
    ['isnull(flag)', [0, 1, 0, 0]],
    ['isnull(process)', [0, 0, 1, 0]],
    ['isfinite(x)', [1, 0, 0, 1]],
    ['flag', [1, 0, 0, 1]],
    ['not flag', [0, 1, 1, 0]],
    ['flag == true', [1, 0, 0, 1]],
    ['flag != (n > 2)', [1, 0, 1, 0]],
    ['flag in [false]', [0, 1, 1, 0]],
    ['where(flag, 1, 2)', [1, 2, 2, 1]],
    ['where(flag, n == 4, true)', [0, 1, 1, 1]],
    ['x in [1, 2]', [1, 0, 0, 0]],
    ['x not in [1, 2]', [0, 0, 0, 1]],
    ['n not in [1, 2, 3, 5, 6, 7, 8, 9, 10, 11]', [0, 0, 0, 1]],
    ['x in []', [0, 0, 0, 0]],
  ])('%s', (source, wanted) => {
    expect(values(source)).toEqual(wanted)
  })
})

describe('strings', () => {
  it.each([
    ['process == "ggF"', [1, 0, 0, 1]],
    ["'ggF' != process", [0, 1, 0, 0]],
    ['process in ["ggF", "VBF"]', [1, 1, 0, 1]],
    ['process not in ["ggF"]', [0, 1, 0, 0]],
    ['process == "none"', [0, 0, 0, 0]],
    ['process == other', [1, 0, 0, 0]],
    ['process != other', [0, 1, 0, 1]],
    ['process', ['ggF', 'VBF', null, 'ggF']],
    ['jets.label[0]', ['b', null, 'c', 'l']],
    ['jets.label[0] == "b"', [1, 0, 0, 0]],
    ['isnull(jets.label[2])', [1, 1, 1, 1]],
    ['count(jets.label == "b")', [1, 0, 1, 0]],
    ['any(jets.label == process)', [0, 0, 0, 0]],
    ['"a" == "a"', [1, 1, 1, 1]],
    ['"x"', ['x', 'x', 'x', 'x']],
  ])('%s', (source, wanted) => {
    expect(values(source)).toEqual(wanted)
  })
})

describe('lists', () => {
  it.each([
    ['jets.pt[0]', [50, nan, nan, 10]],
    ['jets.pt[1]', [20, nan, 30, nan]],
    ['jets.pt[-1]', [40, nan, 30, 10]],
    ['jets.pt[-3]', [50, nan, nan, nan]],
    ['jets.pt[0.5]', [nan, nan, nan, nan]],
    ['jets.pt[n - 1]', [50, nan, nan, nan]],
    ['jets.pt[argmax(jets.pt)]', [50, nan, 30, 10]],
    ['(jets.pt * 2)[1]', [40, nan, 60, nan]],
    ['jets.b[0]', [1, 0, 0, 1]],
    ['isnull(jets.b[1])', [1, 1, 0, 1]],
    ['any(jets.pt > 30)', [1, 0, 0, 0]],
    ['all(jets.pt > 15)', [1, 1, 0, 0]],
    ['all(jets.b)', [0, 1, 0, 1]],
    ['count(jets.pt > 15)', [3, 0, 1, 0]],
    ['count(jets.pt)', [3, 0, 1, 1]],
    ['count(jets.pt, jets.b)', [1, 0, 1, 1]],
    ['count(jets.b, jets.pt > 20)', [1, 0, 1, 0]],
    ['count(jets)', [3, 0, 2, 1]],
    ['sum(jets.pt)', [110, 0, 30, 10]],
    ['sum(jets.pt, jets.pt > 30)', [90, 0, 0, 0]],
    ['mean(jets.pt)', [110 / 3, nan, 30, 10]],
    ['max(jets.pt)', [50, nan, 30, 10]],
    ['max(jets.pt, not jets.b)', [40, nan, nan, nan]],
    ['min(jets.pt)', [20, nan, 30, 10]],
    ['min(jets.pt, jets.pt > 20)', [40, nan, 30, nan]],
    ['first(jets.pt)', [50, nan, 30, 10]],
    ['first(jets.pt, jets.pt < 45)', [20, nan, 30, 10]],
    ['argmax(jets.pt)', [0, nan, 1, 0]],
    ['argmax(jets.pt, jets.pt < 45)', [2, nan, 1, 0]],
    ['argmax(0 * jets.pt)', [0, nan, 1, 0]],
    ['max(sum(jets.pt), sum(muons.pt))', [110, 5, 30, 13]],
    ['sum(max(jets.pt, 25))', [115, 0, 30, 25]],
    ['jets.pt + n', [51, 21, 41, nan, 33, 14]],
    ['jets.pt > 15 and flag', [1, 1, 1, 0, 0, 0]],
    ['any(jets.pt > sum(muons.pt))', [1, 0, 1, 0]],
    ['sum(jets.pt / max(jets.pt))', [2.2, 0, 1, 1]],
    ['all(muons.pt > 5.5)', [1, 0, 1, 1]],
    ['count(jets.pt > jets.pt[1])', [2, 0, 0, 0]],
    ['true', [1, 1, 1, 1]],
    ['1 + 2', [3, 3, 3, 3]],
  ])('%s', (source, wanted) => {
    const got = values(source)
    expect(got.length).toBe(wanted.length)
    for (const [i, value] of wanted.entries())
      if (Number.isNaN(value)) expect(got[i]).toBeNaN()
      else expect(got[i]).toBeCloseTo(value, 12)
  })

  it('gives nothing for no rows', () => {
    const none = eventsOf({ x: ['float64', [1]], 'jets.pt': ['float32', [[1]]] })
    const empty = eventsOf({ x: ['float64', []] })
    expect(compile('x > 1', none.schema).mask(empty)).toEqual(new Uint8Array(0))
    const noJets = eventsOf({ x: ['float64', [1, 2]], 'jets.pt': ['float32', [[], []]] })
    const perJet = compile('jets.pt > x', none.schema)
    expect(perJet.mask(noJets)).toEqual(new Uint8Array(0))
    expect(perJet.mask(none)).toEqual(Uint8Array.of(0))
  })
})

describe('a compiled expression', () => {
  it('says what it reads and gives', () => {
    const plan = compile('jets.pt > x and jets.pt < 3 * x and count(muons) > 0', events.schema)
    expect(plan).toMatchObject({ reads: ['jets.pt', 'x'], axis: 'jets', type: 'bool' })
    expect([...plan.lists].sort()).toEqual(['jets', 'muons'])
    expect(compile('1', events.schema)).toMatchObject({ reads: [], lists: [], axis: '', type: 'number' })
  })

  it('gives new arrays every time, and never the column itself', () => {
    const plan = compile('x', events.schema)
    const [first, second] = [plan.evaluate(events), plan.evaluate(events)]
    expect(first).not.toBe(second)
    expect(first).not.toBe(events.column('x').values)
    const masks = compile('x > 1', events.schema)
    const mask = masks.mask(events)
    masks.mask(eventsOf({ x: ['float64', [9, 9, 9, 9]] }))
    expect([...mask]).toEqual([0, 0, 0, 1])
  })

  it('runs batches of changing size', () => {
    const plan = compile('sum(jets.pt * 2) + x', events.schema)
    for (const rows of [1, 1000, 3, 0, 2000]) {
      const x = Array.from({ length: rows }, (_, i) => i)
      const batch = eventsOf(
        {
          x: ['float64', x],
          'jets.pt': ['float32', [...x.map((i) => Array.from({ length: i % 4 }, () => i))]],
        },
        ['jets'],
      )
      expect([...plan.evaluate(batch)]).toEqual(x.map((i) => 2 * i * (i % 4) + i))
    }
  })

  it('gives a column with its nulls marked', () => {
    expect(compile('x', events.schema).column(events)).toEqual({
      axis: '',
      type: 'float64',
      values: Float64Array.of(1, nan, nan, 4),
      valid: Uint8Array.of(1, 0, 0, 1),
    })
    expect(compile('jets.pt[0] > 20', events.schema).column(events).type).toBe('bool')
    const labels = compile('process', events.schema).column(events)
    expect(labels).toMatchObject({
      type: 'utf8',
      dictionary: ['ggF', 'VBF'],
      valid: Uint8Array.of(1, 1, 0, 1),
    })
    expect(
      compile('process', events.with('process', labels).schema).evaluate(events.with('process', labels)),
    ).toEqual(['ggF', 'VBF', null, 'ggF'])
  })

  it('is repeated along the list that is wanted', () => {
    const plan = compile('x > 1', events.schema, { type: 'bool', axis: 'jets' })
    expect(plan.axis).toBe('jets')
    expect([...plan.mask(events)]).toEqual([0, 0, 0, 0, 0, 1])
    const constant = compile('true', events.schema, { axis: 'jets' })
    expect([...constant.mask(events)]).toEqual([1, 1, 1, 1, 1, 1])
  })

  it('refuses a mask of what is not a condition', () => {
    expect(() => compile('x', events.schema).mask(events)).toThrow(
      'a bool is needed, this is a number at column 1',
    )
  })
})
