import { fail, quote } from './fail.js'
import { type BinaryOp, limits, type Syntax } from './syntax.js'
import { type Token, tokenize } from './tokens.js'
import { units } from './units.js'

interface Infix {
  readonly power: number
  readonly op: BinaryOp
}

const NOT = 30
const COMPARE = 40
const MINUS = 70

const infixes: ReadonlyMap<string, Infix> = new Map<string, Infix>([
  ['or', { power: 10, op: 'or' }],
  ['||', { power: 10, op: 'or' }],
  ['and', { power: 20, op: 'and' }],
  ['&&', { power: 20, op: 'and' }],
  ['<', { power: COMPARE, op: '<' }],
  ['<=', { power: COMPARE, op: '<=' }],
  ['>', { power: COMPARE, op: '>' }],
  ['>=', { power: COMPARE, op: '>=' }],
  ['==', { power: COMPARE, op: '==' }],
  ['!=', { power: COMPARE, op: '!=' }],
  ['+', { power: 50, op: '+' }],
  ['-', { power: 50, op: '-' }],
  ['*', { power: 60, op: '*' }],
  ['/', { power: 60, op: '/' }],
])

const keywords: ReadonlySet<string> = new Set(['and', 'or', 'not', 'in', 'true', 'false'])

/**
 * Parses an expression by operator precedence (V. R. Pratt, "Top down operator precedence", POPL 1973).
 * Depth and length are bounded by `limits`.
 * @throws SpillwayError EXPRESSION_INVALID with the column.
 */
export function parse(source: string): Syntax {
  return new Parser(source).whole()
}

class Parser {
  readonly #source: string
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0

  constructor(source: string) {
    this.#source = source
    this.#tokens = tokenize(source)
  }

  whole(): Syntax {
    if (this.#peek().kind === 'end') throw this.#fault(this.#peek(), 'the expression is empty')
    const root = this.#expression(0)
    if (this.#peek().kind !== 'end') throw this.#unexpected(this.#peek())
    return root
  }

  /** An expression of operators that bind tighter than `power`. */
  #expression(power: number): Syntax {
    const first = this.#peek()
    if (this.#depth === limits.nesting) throw this.#fault(first, `nested deeper than ${limits.nesting}`)
    this.#depth++
    let left = this.#prefix()
    for (;;) {
      const token = this.#peek()
      if (this.#negatedIn() || (token.kind === 'word' && token.text === 'in')) {
        if (power >= COMPARE) break
        left = this.#membership(left)
      } else {
        const infix = token.kind === 'sign' || token.kind === 'word' ? infixes.get(token.text) : undefined
        if (infix === undefined || infix.power <= power) break
        this.#next++
        const right = this.#expression(infix.power)
        left = { kind: 'binary', at: token.at, op: infix.op, left, right }
        if (infix.power === COMPARE) this.#refuseChain()
      }
    }
    this.#depth--
    return left
  }

  #prefix(): Syntax {
    const token = this.#take()
    if (token.kind === 'number') return this.#index(this.#number(token))
    if (token.kind === 'string') return { kind: 'constant', at: token.at, value: token.text }
    if (token.kind === 'path') return this.#index({ kind: 'name', at: token.at, path: token.text })
    if (token.text === '(' && token.kind === 'sign') {
      const inside = this.#expression(0)
      this.#expect(')', token)
      return this.#index(inside)
    }
    if (token.text === '-') return { kind: 'unary', at: token.at, op: '-', of: this.#expression(MINUS) }
    if (token.text === '!' || token.text === 'not')
      return { kind: 'unary', at: token.at, op: 'not', of: this.#expression(NOT) }
    if (token.kind !== 'word') throw this.#unexpected(token)
    if (token.text === 'true' || token.text === 'false')
      return { kind: 'constant', at: token.at, value: token.text === 'true' }
    if (keywords.has(token.text)) throw this.#unexpected(token)
    if (!this.#is('(')) return this.#index({ kind: 'name', at: token.at, path: token.text })
    const args = this.#list('(', ')', () => this.#expression(0))
    return this.#index({ kind: 'call', at: token.at, name: token.text, args })
  }

  /** A number, with the unit that may follow it. */
  #number(token: Token): Syntax {
    const after = this.#peek()
    const factor = after.kind === 'word' ? units.get(after.text) : undefined
    if (factor !== undefined) this.#next++
    else if (after.kind === 'word' && !keywords.has(after.text))
      throw fail(this.#source, {
        at: after.at,
        what: `no unit ${quote(after.text)}`,
        name: after.text,
        names: units.keys(),
      })
    return { kind: 'constant', at: token.at, value: token.value * (factor ?? 1) }
  }

  /** Any `[i]` after what was just read. */
  #index(of: Syntax): Syntax {
    let indexed = of
    while (this.#is('[')) {
      const open = this.#take()
      const index = this.#expression(0)
      this.#expect(']', open)
      indexed = { kind: 'index', at: open.at, of: indexed, index }
    }
    return indexed
  }

  #membership(of: Syntax): Syntax {
    const { at } = this.#peek()
    const negated = this.#negatedIn()
    this.#next += negated ? 2 : 1
    if (!this.#is('[')) throw this.#fault(this.#peek(), 'a list in [ ] must follow in')
    const items = this.#list('[', ']', () => this.#expression(0))
    this.#refuseChain()
    return { kind: 'in', at, of, items, negated }
  }

  #list(open: string, close: string, item: () => Syntax): Syntax[] {
    const begin = this.#take()
    const items: Syntax[] = []
    if (this.#is(close)) {
      this.#next++
      return items
    }
    items.push(item())
    while (this.#is(',')) {
      this.#next++
      items.push(item())
    }
    this.#expect(close, begin, open)
    return items
  }

  /** `a < b < c` compares a truth value with c wherever it is allowed: never what was meant. */
  #refuseChain(): void {
    const token = this.#peek()
    const compares = token.kind === 'sign' && infixes.get(token.text)?.power === COMPARE
    if (compares || (token.kind === 'word' && token.text === 'in') || this.#negatedIn())
      throw this.#fault(token, 'comparisons do not chain (write a < b and b < c)')
  }

  #negatedIn(): boolean {
    const [token, after] = [this.#peek(), this.#tokens[this.#next + 1]]
    return token.kind === 'word' && token.text === 'not' && after?.kind === 'word' && after.text === 'in'
  }

  #is(sign: string): boolean {
    const token = this.#peek()
    return token.kind === 'sign' && token.text === sign
  }

  #expect(close: string, begin: Token, open = begin.text): void {
    if (this.#is(close)) this.#next++
    else if (this.#peek().kind === 'end') throw this.#fault(begin, `${open} has no ${close}`)
    else throw this.#unexpected(this.#peek())
  }

  #peek(): Token {
    return this.#tokens[this.#next]
  }

  #take(): Token {
    const token = this.#peek()
    if (token.kind !== 'end') this.#next++
    return token
  }

  #unexpected(token: Token) {
    return this.#fault(
      token,
      token.kind === 'end' ? 'the expression ends too early' : `unexpected ${quote(token.text)}`,
    )
  }

  #fault(token: Token, what: string) {
    return fail(this.#source, { at: token.at, what })
  }
}
