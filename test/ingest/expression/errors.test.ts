import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SpillwayError } from '#spillway/errors.js'
import { compile } from '#spillway/ingest/expression/compile.js'
import { eventsOf } from '../../support/events.js'

const { schema } = eventsOf({
  'met.pt': ['float64', [1]],
  process: ['utf8', ['ggF']],
  flag: ['bool', [true]],
  'jets.pt': ['float32', [[1]]],
  'jets.eta': ['float32', [[1]]],
  'jets.b': ['bool', [[true]]],
  'leptons.pt': ['float32', [[1]]],
})

function errorOf(run: () => unknown): SpillwayError {
  try {
    run()
  } catch (error) {
    if (error instanceof SpillwayError) return error
    throw error
  }
  throw new Error('no error was thrown')
}

describe('error messages', () => {
  it('show the place under a caret, and the nearest names', () => {
    const error = errorOf(() => compile('met.pt > 20 and count(jets.p > 30) >= 2', schema))
    expect(error.code).toBe('EXPRESSION_INVALID')
    expect(error.place).toBe('column 23')
    expect(error.message).toBe(
      [
        'no column jets.p at column 23; near: jets.pt, jets.b',
        '  met.pt > 20 and count(jets.p > 30) >= 2',
        '                        ^',
      ].join('\n'),
    )
  })

  it('keep the caret in place in sources of several lines', () => {
    const error = errorOf(() => compile('met.pt > 20\n\tand mett.pt < 3', schema))
    expect(error.message.split('\n')).toEqual([
      'no column mett.pt at column 18; near: met.pt, jets.pt',
      '  met.pt > 20  and mett.pt < 3',
      '                   ^',
    ])
  })

  it('show only the neighbourhood in a long source', () => {
    const error = errorOf(() => compile(`${'1 + '.repeat(100)}zz + ${'1 + '.repeat(100)}1`, schema))
    const [what, line, caret] = error.message.split('\n')
    expect(what).toBe('no column zz at column 401')
    expect(line.length).toBe(122)
    expect(line[caret.indexOf('^')]).toBe('z')
  })

  it.each([
    ['', 'the expression is empty at column 1'],
    ['  ', 'the expression is empty at column 3'],
    ['met.pt +', 'the expression ends too early at column 9'],
    ['(met.pt', '( has no ) at column 1'],
    ['jets.pt[0', '[ has no ] at column 8'],
    ['met.pt )', 'unexpected ) at column 8'],
    ['met.pt met.pt', 'unexpected met.pt at column 8'],
    ['met.pt = 3', 'unexpected = (write == to compare) at column 8'],
    ['flag & flag', 'unexpected & (write and, or &&) at column 6'],
    ['met.pt ^ 2', 'unexpected ^ (write pow(x, y)) at column 8'],
    ['process == "ggF', 'unexpected " (the string has no end) at column 12'],
    ['met.pt > 30 PeV', 'no unit PeV at column 13; near: GeV, MeV, TeV'],
    ['1.2.3', 'bad number 1.2. at column 1'],
    ['1e999', 'number 1e999 is too large at column 1'],
    ['1 < met.pt < 3', 'comparisons do not chain (write a < b and b < c) at column 12'],
    ['cuont(jets.pt)', 'no function cuont at column 1; near: count'],
    ['jets', 'jets is not a column (it holds jets.pt, jets.eta, jets.b) at column 1'],
    ['met.pt == null', 'null cannot be compared with (write isnull(x)) at column 11'],
    ['met.pt and flag', 'and needs a bool, not a number at column 1'],
    ['not met.pt', 'not needs a bool, not a number at column 5'],
    ['flag + 1', '+ needs a number, not a bool at column 1'],
    ['process > "a"', '> needs numbers, not a string at column 9'],
    ['process == 3', '== between a string and a number at column 9'],
    ['met.pt in [1, "a"]', 'a string in a list that a number is looked for in at column 15'],
    ['met.pt in [1, met.pt]', 'only literals can stand in the list after in at column 15'],
    ['met.pt in 3', 'a list in [ ] must follow in at column 11'],
    ['met.pt[0]', 'only a list can be indexed; this is one value per event at column 7'],
    ['jets.pt[jets.pt]', 'an index must be one value per event, not per jets at column 9'],
    [
      'jets.pt > leptons.pt',
      'leptons and jets differ in length (reduce one with any, sum, max, ...) at column 9',
    ],
    ['sum(met.pt)', 'sum needs a list; this is one value per event at column 5'],
    ['any(jets.pt)', 'any needs a bool, not a number at column 5'],
    ['any(jets.b, jets.b)', 'any takes one condition at column 1'],
    ['sum(jets.b)', 'sum needs a number, not a bool at column 5'],
    ['sum(jets.pt, jets.eta)', 'sum needs a condition here, not a number at column 14'],
    ['sum()', 'sum takes a list, and perhaps a condition at column 1'],
    ['sqrt(met.pt, 2)', 'sqrt takes (x), not 2 arguments at column 1'],
    ['clamp(met.pt, 2)', 'clamp takes (x, low, high), not 2 arguments at column 1'],
    ['abs(process)', 'abs needs a number, not a string at column 5'],
    ['where(met.pt, 1, 2)', 'where needs a bool, not a number at column 7'],
    [
      'where(flag, 1, "a")',
      'where needs two numbers or two conditions, not a number and a string at column 13',
    ],
    ['isnull(met.pt > 3)', 'a condition is never null (give isnull a column) at column 15'],
    ['met.pt.constructor', 'no column met.pt.constructor at column 1; near: met.pt'],
    ['__proto__', 'no column __proto__ at column 1'],
    ['toString()', 'no function toString at column 1'],
    ['constructor("return 1")()', 'unexpected ( at column 24'],
    ['met.pt; 1', 'unexpected ; at column 7'],
    ['met.pt > 😀', 'unexpected 😀 at column 10'],
  ])('%s', (source, message) => {
    const error = errorOf(() => compile(source, schema))
    expect(error.code).toBe('EXPRESSION_INVALID')
    expect(error.message.split('\n')[0]).toBe(message)
  })

  it('say what the place of the expression needs', () => {
    expect(errorOf(() => compile('met.pt', schema, { type: 'bool' })).message).toContain(
      'a bool is needed, this is a number at column 1',
    )
    expect(errorOf(() => compile('jets.b', schema, { type: 'bool', axis: '' })).message).toContain(
      'one value per event is needed, this is one per item of jets (use any, all, count, ...) at column 1',
    )
    expect(errorOf(() => compile('jets.b', schema, { axis: 'leptons' })).message).toContain(
      'jets and leptons differ in length',
    )
  })
})

describe('hostile sources', () => {
  it.each([
    ['deep parentheses', '('.repeat(2000), 'nested deeper than 40 at column 41'],
    ['deep negation', `${'-'.repeat(2000)}1`, 'nested deeper than 40 at column 41'],
    ['deep not', `${'not '.repeat(1000)}flag`, 'nested deeper than 40 at column 161'],
    ['deep calls', 'abs('.repeat(500), 'nested deeper than 40 at column 161'],
    ['deep indices', 'jets.pt['.repeat(500), 'nested deeper than 40 at column 321'],
    ['many tokens', '1+'.repeat(4000), 'the expression has more than 2048 parts at column 2049'],
    ['a long source', ' '.repeat(9000), 'the expression is longer than 8192 characters at column 1'],
  ])('%s', (_, source, message) => {
    expect(errorOf(() => compile(source, schema)).message.split('\n')[0]).toBe(message)
  })

  it('compiles and runs the longest sum allowed', () => {
    const events = eventsOf({ x: ['float64', [1]] })
    const sum = compile(`${'x+'.repeat(1023)}x`, events.schema)
    expect([...sum.evaluate(events)]).toEqual([1024])
  })

  it('gives EXPRESSION_INVALID or compiles, whatever the text', () => {
    const piece = fc.constantFrom(
      ...[
        'met.pt',
        'jets.pt',
        'jets',
        'flag',
        'process',
        '"',
        "'",
        '`',
        '\\',
        '(',
        ')',
        '[',
        ']',
        ',',
        'count(',
        'not',
        'in',
      ],
      ...[
        'and',
        '-',
        '+',
        '<',
        '==',
        '1',
        '.5',
        '1e9',
        'GeV',
        ' ',
        '\n',
        '\0',
        'where(',
        'isnull(',
        'min(',
        '__proto__',
        'é',
      ],
    )
    const source = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 20 }).map((all) => all.join(' ')),
    )
    fc.assert(
      fc.property(source, (text) => {
        try {
          expect(compile(text, schema).source).toBe(text)
        } catch (error) {
          expect(error).toBeInstanceOf(SpillwayError)
          expect((error as SpillwayError).code).toBe('EXPRESSION_INVALID')
        }
      }),
      { numRuns: 1000 },
    )
  })
})
