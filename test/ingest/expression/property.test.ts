import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compile } from '#spillway/ingest/expression/compile.js'
import { eventsOf } from '../../support/events.js'

interface Jet {
  readonly pt: number | null
  readonly k: number | null
  readonly b: boolean | null
}

interface Row {
  readonly x: number | null
  readonly n: number | null
  readonly f: boolean | null
  readonly s: string | null
  readonly jets: readonly Jet[]
}

/**
 * An expression as text, and the same worked out for one row, or one jet of it, in plain JavaScript with null for
 * what is missing. Nothing here knows of columns, axes or loops.
 */
interface Tree<T> {
  readonly text: string
  readonly of: (row: Row, jet: Jet | undefined) => T
}
type Maybe = number | null
type NumberTree = Tree<Maybe>
type BoolTree = Tree<boolean>

const tidy = (x: Maybe): Maybe => (x === null || Number.isNaN(x) ? null : x)
const lift2 = (f: (a: number, b: number) => number) => (a: Maybe, b: Maybe) =>
  a === null || b === null ? null : tidy(f(a, b))
const holds = (f: (a: number, b: number) => boolean) => (a: Maybe, b: Maybe) =>
  a !== null && b !== null && f(a, b)

const binaries: readonly [string, (a: Maybe, b: Maybe) => Maybe][] = [
  ['(A + B)', lift2((a, b) => a + b)],
  ['(A - B)', lift2((a, b) => a - b)],
  ['(A * B)', lift2((a, b) => a * b)],
  ['(A / B)', lift2((a, b) => a / b)],
  ['min(A, B)', lift2((a, b) => Math.min(a, b))],
  ['max(A, B)', lift2((a, b) => Math.max(a, b))],
  ['pow(A, B)', lift2((a, b) => a ** b)],
  ['atan2(A, B)', lift2(Math.atan2)],
]

const unaries: readonly [string, (a: Maybe) => Maybe][] = [
  ['(-A)', (a) => (a === null ? null : -a)],
  ['abs(A)', (a) => (a === null ? null : Math.abs(a))],
  ['sqrt(A)', (a) => (a === null ? null : tidy(Math.sqrt(a)))],
  ['exp(A)', (a) => (a === null ? null : Math.exp(a))],
  ['sin(A)', (a) => (a === null ? null : tidy(Math.sin(a)))],
]

const compares: readonly [string, (a: Maybe, b: Maybe) => boolean][] = [
  ['(A < B)', holds((a, b) => a < b)],
  ['(A <= B)', holds((a, b) => a <= b)],
  ['(A > B)', holds((a, b) => a > b)],
  ['(A >= B)', holds((a, b) => a >= b)],
  ['(A == B)', holds((a, b) => a === b)],
  ['(A != B)', holds((a, b) => a !== b)],
]

const present = (all: readonly Maybe[]) => all.filter((x) => x !== null)

// Of 0 and -0 the first one stays, which Math.max does not promise.
const largest = (all: readonly number[]) => all.toSorted((a, b) => b - a)[0]
const smallest = (all: readonly number[]) => all.toSorted((a, b) => a - b)[0]

const overNumbers: readonly [string, (all: readonly Maybe[]) => Maybe][] = [
  ['count(A)', (all) => present(all).length],
  ['sum(A)', (all) => tidy(present(all).reduce((a, b) => a + b, 0))],
  ['mean(A)', (all) => tidy(present(all).reduce((a, b) => a + b, 0) / present(all).length)],
  ['max(A)', (all) => (present(all).length ? largest(present(all)) : null)],
  ['min(A)', (all) => (present(all).length ? smallest(present(all)) : null)],
  ['first(A)', (all) => present(all)[0] ?? null],
  ['argmax(A)', (all) => (present(all).length ? all.indexOf(largest(present(all))) : null)],
  ['(A)[0]', (all) => all[0] ?? null],
  ['(A)[-1]', (all) => all.at(-1) ?? null],
]

const overBools: readonly [string, (all: readonly boolean[]) => boolean][] = [
  ['any(A)', (all) => all.includes(true)],
  ['all(A)', (all) => !all.includes(false)],
  ['(count(A) == 2)', (all) => all.filter(Boolean).length === 2],
  ['(A)[1]', (all) => all[1] ?? false],
]

const put = (pattern: string, a: string, b = '', c = '') =>
  pattern.replace(/[ABC]/g, (letter) => ({ A: a, B: b, C: c })[letter] ?? '')

const eventNumbers: readonly NumberTree[] = [
  { text: 'x', of: (row) => row.x },
  { text: 'n', of: (row) => row.n },
]
const jetNumbers: readonly NumberTree[] = [
  { text: 'jets.pt', of: (_, jet) => jet?.pt ?? null },
  { text: 'jets.k', of: (_, jet) => jet?.k ?? null },
]
const literal = fc
  .constantFrom(0, 1, 2, 0.5, 3, 30)
  .map((value): NumberTree => ({ text: String(value), of: () => value }))

/** Trees of one level: leaves of the level, and operations that stay on it. */
function level(
  numberLeaves: fc.Arbitrary<NumberTree>,
  boolLeaves: fc.Arbitrary<BoolTree>,
): { number: fc.Arbitrary<NumberTree>; bool: fc.Arbitrary<BoolTree> } {
  return fc.letrec<{ number: NumberTree; bool: BoolTree }>((tie) => {
    const [number, bool] = [tie('number'), tie('bool')]
    return {
      number: fc.oneof(
        { maxDepth: 3, depthIdentifier: 'tree' },
        fc.oneof(numberLeaves, literal),
        fc.tuple(fc.constantFrom(...binaries), number, number).map(([[text, f], a, b]) => ({
          text: put(text, a.text, b.text),
          of: (row: Row, jet: Jet | undefined) => f(a.of(row, jet), b.of(row, jet)),
        })),
        fc.tuple(fc.constantFrom(...unaries), number).map(([[text, f], a]) => ({
          text: put(text, a.text),
          of: (row: Row, jet: Jet | undefined) => f(a.of(row, jet)),
        })),
        fc.tuple(bool, number, number).map(([when, a, b]) => ({
          text: put('where(A, B, C)', when.text, a.text, b.text),
          of: (row: Row, jet: Jet | undefined) => (when.of(row, jet) ? a : b).of(row, jet),
        })),
      ),
      bool: fc.oneof(
        { maxDepth: 3, depthIdentifier: 'tree' },
        boolLeaves,
        fc.tuple(fc.constantFrom(...compares), number, number).map(([[text, f], a, b]) => ({
          text: put(text, a.text, b.text),
          of: (row: Row, jet: Jet | undefined) => f(a.of(row, jet), b.of(row, jet)),
        })),
        fc.tuple(fc.constantFrom('and', 'or', '==', '!='), bool, bool).map(([op, a, b]) => ({
          text: `(${a.text} ${op} ${b.text})`,
          of: (row: Row, jet: Jet | undefined) => {
            const [p, q] = [a.of(row, jet), b.of(row, jet)]
            return op === 'and' ? p && q : op === 'or' ? p || q : (p === q) === (op === '==')
          },
        })),
        bool.map((a) => ({
          text: `(not ${a.text})`,
          of: (row: Row, jet: Jet | undefined) => !a.of(row, jet),
        })),
        number.map((a) => ({
          text: `isnull(${a.text} + 0 * x)`,
          of: (row: Row, jet: Jet | undefined) => lift2((p, q) => p + 0 * q)(a.of(row, jet), row.x) === null,
        })),
        number.map((a) => ({
          text: `(${a.text} in [0, 2, 30])`,
          of: (row: Row, jet: Jet | undefined) => [0, 2, 30].includes(a.of(row, jet) ?? -1),
        })),
      ),
    }
  })
}

const simpleBools: readonly BoolTree[] = [
  { text: 'f', of: (row) => row.f ?? false },
  { text: '(s == "ggF")', of: (row) => row.s === 'ggF' },
  { text: '(s not in ["ggF", "ttH"])', of: (row) => row.s !== null && !['ggF', 'ttH'].includes(row.s) },
  { text: 'true', of: () => true },
]

/** Per jet: jet columns, and event columns spread along the jets. */
const perJet = level(
  fc.constantFrom(...jetNumbers, ...jetNumbers, ...eventNumbers),
  fc.constantFrom<BoolTree>({ text: 'jets.b', of: (_, jet) => jet?.b ?? false }, ...simpleBools),
)

/** What makes any tree one of jets, so that it can be reduced. */
const alongJets = (text: string) => `where(jets.pt == 0 or true, ${text}, ${text})`

/** Per event: event columns, and reductions of trees per jet. */
const perEvent = level(
  fc.oneof(
    fc.constantFrom(...eventNumbers),
    fc.tuple(fc.constantFrom(...overNumbers), perJet.number).map(([[text, f], a]) => ({
      text: put(text, alongJets(a.text)),
      of: (row: Row) => f(row.jets.map((jet) => a.of(row, jet))),
    })),
    fc.tuple(perJet.number, perJet.bool).map(([a, when]) => ({
      text: `sum(${alongJets(a.text)}, ${when.text})`,
      of: (row: Row) =>
        tidy(
          present(row.jets.map((jet) => (when.of(row, jet) ? a.of(row, jet) : null))).reduce(
            (p, q) => p + q,
            0,
          ),
        ),
    })),
  ),
  fc.oneof(
    fc.constantFrom(...simpleBools),
    fc.tuple(fc.constantFrom(...overBools), perJet.bool).map(([[text, f], a]) => ({
      text: put(text, alongJets(a.text)),
      of: (row: Row) => f(row.jets.map((jet) => a.of(row, jet))),
    })),
  ),
)

const number = fc.constantFrom(null, null, 0, 1, -1, 2, 0.5, 30, -7.25, 100)
const whole = fc.constantFrom(null, 0, 1, 2, -3, 30)
const truth = fc.constantFrom(null, true, false)
const jet = fc.record({ pt: number, k: whole, b: truth })
const row = fc.record({
  x: number,
  n: whole,
  f: truth,
  s: fc.constantFrom(null, 'ggF', 'VBF', 'ttH'),
  jets: fc.array(jet, { maxLength: 4 }),
})
const rows = fc.array(row, { minLength: 1, maxLength: 8 })

function batchOf(all: readonly Row[]) {
  return eventsOf({
    x: ['float64', all.map((r) => r.x)],
    n: ['int32', all.map((r) => r.n)],
    f: ['bool', all.map((r) => r.f)],
    s: ['utf8', all.map((r) => r.s)],
    'jets.pt': ['float32', all.map((r) => r.jets.map((j) => j.pt))],
    'jets.k': ['int8', all.map((r) => r.jets.map((j) => j.k))],
    'jets.b': ['bool', all.map((r) => r.jets.map((j) => j.b))],
  })
}

const asNumber = (value: Maybe | boolean) => (value === null ? Number.NaN : Number(value))

describe('a random expression gives what a walk over its tree gives', () => {
  it.each([
    ['number per event', perEvent.number],
    ['condition per event', perEvent.bool],
  ] as const)('%s', (_, tree) => {
    fc.assert(
      fc.property(
        tree as fc.Arbitrary<Tree<Maybe | boolean>>,
        fc.array(rows, { minLength: 1, maxLength: 3 }),
        ({ text, of }, batches) => {
          const plan = compile(text, batchOf(batches[0]).schema, { axis: '' })
          for (const batch of batches)
            expect([...plan.evaluate(batchOf(batch))], text).toEqual(
              batch.map((r) => asNumber(of(r, undefined))),
            )
        },
      ),
      { numRuns: 1000 },
    )
  })

  it.each([
    ['number per jet', perJet.number],
    ['condition per jet', perJet.bool],
  ] as const)('%s', (_, tree) => {
    fc.assert(
      fc.property(tree as fc.Arbitrary<Tree<Maybe | boolean>>, rows, ({ text, of }, batch) => {
        const events = batchOf(batch)
        const wanted = batch.flatMap((r) => r.jets.map((j) => asNumber(of(r, j))))
        const plan = compile(text, events.schema, { axis: 'jets' })
        expect([...plan.evaluate(events)], text).toEqual(wanted)
      }),
      { numRuns: 1000 },
    )
  })
})
