import { describe, expect, it } from 'vitest'
import { parse } from '#spillway/ingest/expression/parse.js'
import type { Syntax } from '#spillway/ingest/expression/syntax.js'

/** The tree in prefix form, every operation in parentheses. */
function show(node: Syntax): string {
  switch (node.kind) {
    case 'constant':
      return JSON.stringify(node.value)
    case 'name':
      return node.path
    case 'call':
      return `${node.name}(${node.args.map(show).join(', ')})`
    case 'unary':
      return `(${node.op} ${show(node.of)})`
    case 'binary':
      return `(${node.op} ${show(node.left)} ${show(node.right)})`
    case 'in':
      return `(${node.negated ? 'not-in' : 'in'} ${show(node.of)} [${node.items.map(show).join(', ')}])`
    case 'index':
      return `(at ${show(node.of)} ${show(node.index)})`
  }
}

describe('parse', () => {
  it.each([
    ['1', '1'],
    ['.5', '0.5'],
    ['1.', '1'],
    ['1.5e-3', '0.0015'],
    ['"a b"', '"a b"'],
    ["'it\\'s'", '"it\'s"'],
    ['true', 'true'],
    ['a', 'a'],
    ['tagger.p_w', 'tagger.p_w'],
    ['a.0b', 'a.0b'],
    ['`odd-name.x y`', 'odd-name.x y'],
    ['1 + 2 * 3', '(+ 1 (* 2 3))'],
    ['1 * 2 + 3', '(+ (* 1 2) 3)'],
    ['1 - 2 - 3', '(- (- 1 2) 3)'],
    ['8 / 4 / 2', '(/ (/ 8 4) 2)'],
    ['1 - (2 - 3)', '(- 1 (- 2 3))'],
    ['-a * b', '(* (- a) b)'],
    ['-a[0]', '(- (at a 0))'],
    ['--a', '(- (- a))'],
    ['a - -1', '(- a (- 1))'],
    ['a + 1 < b * 2', '(< (+ a 1) (* b 2))'],
    ['a < 1 and b > 2 or c == 3', '(or (and (< a 1) (> b 2)) (== c 3))'],
    ['a or b and c', '(or a (and b c))'],
    ['a || b && c', '(or a (and b c))'],
    ['not a and b', '(and (not a) b)'],
    ['not a < b', '(not (< a b))'],
    ['!a && !b', '(and (not a) (not b))'],
    ['not not a', '(not (not a))'],
    ['!(a or b)', '(not (or a b))'],
    ['x in [1, -2]', '(in x [1, (- 2)])'],
    ['x + 1 in [1] and y', '(and (in (+ x 1) [1]) y)'],
    ['x not in ["a"]', '(not-in x ["a"])'],
    ['not x in []', '(not (in x []))'],
    ['jets.pt[0] > 30', '(> (at jets.pt 0) 30)'],
    ['(jets.pt * 2)[-1]', '(at (* jets.pt 2) (- 1))'],
    ['count(jets.pt > 30) >= 2', '(>= count((> jets.pt 30)) 2)'],
    ['pow(a, 2)[0]', '(at pow(a, 2) 0)'],
    ['f()', 'f()'],
    ['30 GeV', '30'],
    ['500MeV', '0.5'],
    ['2 TeV', '2000'],
    ['1 cm + 1 mm', '(+ 10 1)'],
    ['180 deg', String(Math.PI)],
    ['a\n  and\tb', '(and a b)'],
    ['a == 1 and 2 GeV in [2]', '(and (== a 1) (in 2 [2]))'],
  ])('%s', (source, tree) => {
    expect(show(parse(source))).toBe(tree)
  })
})
