import { describe, expect, it } from 'vitest'
import { compile } from '#spillway/ingest/expression/compile.js'
import { numberFunctions } from '#spillway/ingest/expression/functions.js'
import { eventsOf } from '../../support/events.js'

const numbers = [null, Number.NaN, 0, -0, 1, -1, 2, -2.5, 0.3, 3.14, 7, 100, -1e-9, Number.POSITIVE_INFINITY]
const pairs = numbers.flatMap((x) => numbers.map((y) => [x, y] as const))
const events = eventsOf({
  x: ['float64', pairs.map(([x]) => x)],
  y: ['float64', pairs.map(([, y]) => y)],
  n: ['int16', pairs.map((_, i) => (i % 5 === 0 ? null : i - 90))],
})

const real = (x: number | null): number => x ?? Number.NaN

const sorted = (all: readonly number[]) => [...all].sort((a, b) => a - b)

/** Answers worked out one pair at a time by formulas other than those of the code where there is another. */
const expected: Readonly<Record<string, (x: number, y: number) => number>> = {
  'abs(x)': (x) => (x < 0 ? -x : x === 0 ? 0 : x),
  'sqrt(x)': (x) =>
    x < 0 ? Number.NaN : x === 0 || x === Number.POSITIVE_INFINITY ? x : Math.exp(Math.log(x) / 2),
  'exp(x)': (x) => Math.E ** x,
  'ln(x)': (x) => (x < 0 ? Number.NaN : Math.log2(x) * Math.LN2),
  'log10(x)': (x) => (x < 0 ? Number.NaN : Math.log(x) / Math.LN10),
  'sin(x)': (x) => Math.cos(x - Math.PI / 2),
  'cos(x)': (x) => Math.sin(x + Math.PI / 2),
  'tan(x)': (x) => Math.sin(x) / Math.cos(x),
  'sinh(x)': (x) => (Math.exp(x) - Math.exp(-x)) / 2,
  'cosh(x)': (x) => (Math.exp(x) + Math.exp(-x)) / 2,
  'tanh(x)': (x) => 1 - 2 / (Math.exp(2 * x) + 1),
  'pow(x, y)': (x, y) => (Number.isNaN(x) || Number.isNaN(y) ? Number.NaN : x ** y),
  'atan2(x, y)': (x, y) => Math.atan2(x, y),
  'hypot(x, y)': (x, y) => (Number.isNaN(x) || Number.isNaN(y) ? Number.NaN : Math.hypot(x, y)),
  'deltaphi(x, y)': (x, y) => Math.atan2(Math.sin(x - y), Math.cos(x - y)),
  'clamp(x, -1, y)': (x, y) => ([x, y].some(Number.isNaN) ? Number.NaN : y < -1 ? y : sorted([x, -1, y])[1]),
  'min(x, y)': (x, y) => ([x, y].some(Number.isNaN) ? Number.NaN : sorted([x, y])[0]),
  'max(x, y)': (x, y) => ([x, y].some(Number.isNaN) ? Number.NaN : sorted([x, y])[1]),
  'min(x, y, 0.5, 1)': (x, y) => ([x, y].some(Number.isNaN) ? Number.NaN : sorted([x, y, 0.5])[0]),
  'max(2, x, y)': (x, y) => ([x, y].some(Number.isNaN) ? Number.NaN : sorted([x, y, 2])[2]),
  'isfinite(x)': (x) => Number(Number.isFinite(x)),
  'isnull(x)': (x) => Number(Number.isNaN(x)),
  'where(x > y, x, -y)': (x, y) => (x > y ? x : -y),
  'x + y': (x, y) => x + y,
  'x - 3': (x) => x - 3,
  '3 - x': (x) => 3 - x,
  'x * y': (x, y) => x * y,
  'x / y': (x, y) => x / y,
  '2 / x': (x) => 2 / x,
  '-x': (x) => -x,
  'pi * x': (x) => Math.acos(-1) * x,
}

describe('functions', () => {
  it('are all in the table of this test', () => {
    const missing = numberFunctions.filter(
      ({ name }) => !Object.keys(expected).some((s) => s.startsWith(`${name}(`)),
    )
    expect(missing).toEqual([])
  })

  it.each(Object.entries(expected))('%s', (source, of) => {
    const values = compile(source, events.schema).evaluate(events)
    for (const [row, [x, y]] of pairs.entries()) {
      const wanted = of(real(x), real(y))
      const got = Number(values[row])
      const text = `${source} at ${x}, ${y}`
      // Trigonometric formulas lose digits to one another by 1e-16 times the argument.
      if (Number.isFinite(wanted))
        expect(Math.abs(got - wanted), text).toBeLessThanOrEqual(1e-12 * (1 + Math.abs(wanted)))
      else expect(got, text).toBe(wanted)
    }
  })

  it('give the same for constants as for columns', () => {
    const one = eventsOf({ a: ['float64', [0.7]], b: ['float64', [-2]] })
    for (const { name, parameters } of numberFunctions) {
      const args = parameters.map((_, i) => (i % 2 === 0 ? 'a' : 'b'))
      const columns = compile(`${name}(${args.join(', ')})`, one.schema)
      const constants = compile(
        `${name}(${args.join(', ').replaceAll('a', '0.7').replaceAll('b', '-2')})`,
        one.schema,
      )
      expect([...constants.evaluate(one)], name).toEqual([...columns.evaluate(one)])
    }
  })

  it('deltaphi stays in (−π, π] across the seam', () => {
    const seam = eventsOf({
      a: ['float64', [Math.PI, 3.1, -3.1, 0, 10]],
      b: ['float64', [0, -3.1, 3.1, Math.PI, -10]],
    })
    const values = compile('deltaphi(a, b)', seam.schema).evaluate(seam) as Float64Array
    const turn = 2 * Math.PI
    for (const [i, wanted] of [Math.PI, 6.2 - turn, turn - 6.2, Math.PI, 20 - 3 * turn].entries())
      expect(values[i]).toBeCloseTo(wanted, 12)
  })

  it('convert units to GeV, mm and rad', () => {
    const one = eventsOf({ x: ['float64', [1]] })
    const all = {
      '3 MeV': 0.003,
      '3 GeV': 3,
      '3 TeV': 3000,
      '3 mm': 3,
      '3 cm': 30,
      '3 rad': 3,
      '90 deg': Math.PI / 2,
    }
    for (const [source, value] of Object.entries(all))
      expect(compile(`x * ${source}`, one.schema).evaluate(one)[0]).toBeCloseTo(value, 14)
  })
})

describe('column types', () => {
  const values = [0, 1, 2, 100]
  it.each([
    'float32',
    'float64',
    'int8',
    'int16',
    'int32',
    'int64',
    'uint8',
    'uint16',
    'uint32',
    'uint64',
  ] as const)('%s reads as numbers', (type) => {
    const typed = eventsOf({ v: [type, values], w: [type, [5, null, 6, null]] })
    expect([...compile('v + 1', typed.schema).evaluate(typed)]).toEqual([1, 2, 3, 101])
    expect([...compile('w * 1', typed.schema).evaluate(typed)]).toEqual([5, Number.NaN, 6, Number.NaN])
    expect([...compile('v', typed.schema).evaluate(typed)]).toEqual(values)
  })

  it('64-bit integers become the nearest float64', () => {
    const big = [2n ** 53n + 1n, -(2n ** 53n) - 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 1234567890123456789n]
    const signed = eventsOf({ v: ['int64', big] })
    expect([...compile('v', signed.schema).evaluate(signed)]).toEqual(big.map(Number))
    const most = eventsOf({ v: ['uint64', [2n ** 64n - 1n, 2n ** 63n]] })
    expect([...compile('v', most.schema).evaluate(most)]).toEqual([2 ** 64, 2 ** 63])
  })

  it('a column of another kind or axis than at compilation is a mismatch', () => {
    const was = eventsOf({ v: ['float64', [1]] })
    const plan = compile('v > 0', was.schema)
    expect([...plan.mask(eventsOf({ v: ['int8', [1, -1]] }))]).toEqual([1, 0])
    expect(() => plan.mask(eventsOf({ v: ['utf8', ['a']] }))).toThrow(
      'column v is utf8, one per event; a number, one per event, is needed',
    )
    expect(() => plan.mask(eventsOf({ v: ['float64', [[1, 2]]] }))).toThrow(
      'column v is float64, along v; a number, one per event, is needed',
    )
    expect(() => plan.mask(eventsOf({ w: ['float64', [1]] }))).toThrow('no column v; near: w')
  })
})
