import { fail, quote } from './fail.js'
import { limits } from './syntax.js'

/** `word` is a path or keyword, `path` one in backquotes, `sign` an operator or bracket. */
export interface Token {
  readonly kind: 'number' | 'string' | 'word' | 'path' | 'sign' | 'end'
  readonly text: string
  /** The value of a number; 0 for all others. */
  readonly value: number
  /** Offset in the source, from 0. */
  readonly at: number
}

const patterns = [
  ['number', /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y],
  ['word', /[A-Za-z_]\w*(?:\.\w+)*/y],
  ['path', /`[^`]+`/y],
  ['string', /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/y],
  ['sign', /<=|>=|==|!=|&&|\|\||[-+*/<>!()[\],]/y],
] as const

const hints = new Map([
  ['=', 'write == to compare'],
  ['&', 'write and, or &&'],
  ['|', 'write or, or ||'],
  ['^', 'write pow(x, y)'],
  ['%', 'there is no remainder'],
  ['"', 'the string has no end'],
  ["'", 'the string has no end'],
  ['`', 'the quoted path has no end'],
])

/** Splits a source; the last token is `end`. @throws SpillwayError EXPRESSION_INVALID. */
export function tokenize(source: string): Token[] {
  if (source.length > limits.characters)
    throw fail(source.slice(0, 80), {
      at: 0,
      what: `the expression is longer than ${limits.characters} characters`,
    })
  const tokens: Token[] = []
  let at = skipSpace(source, 0)
  while (at < source.length) {
    if (tokens.length === limits.tokens)
      throw fail(source, { at, what: `the expression has more than ${limits.tokens} parts` })
    const token = tokenAt(source, at)
    tokens.push(token.made)
    at = skipSpace(source, token.end)
  }
  tokens.push({ kind: 'end', text: '', value: 0, at: source.length })
  return tokens
}

function tokenAt(source: string, at: number): { made: Token; end: number } {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at
    const found = pattern.exec(source)
    if (found === null) continue
    const end = at + found[0].length
    if (kind === 'number') return { made: number(source, found[0], at), end }
    const quoted = kind === 'string' || kind === 'path'
    const inside = quoted ? found[0].slice(1, -1) : found[0]
    const text = kind === 'string' ? inside.replace(/\\(.)/gs, '$1') : inside
    return { made: { kind, text, value: 0, at }, end }
  }
  const character = String.fromCodePoint(source.codePointAt(at) ?? 0)
  const hint = hints.get(character)
  throw fail(source, { at, what: `unexpected ${character}${hint === undefined ? '' : ` (${hint})`}` })
}

function number(source: string, text: string, at: number): Token {
  const after = source[at + text.length]
  if (after !== undefined && /[\d.]/.test(after))
    throw fail(source, { at, what: `bad number ${quote(text + after)}` })
  const value = Number(text)
  if (!Number.isFinite(value)) throw fail(source, { at, what: `number ${quote(text)} is too large` })
  return { kind: 'number', text, value, at }
}

function skipSpace(source: string, from: number): number {
  let at = from
  while (at < source.length && ' \t\r\n'.includes(source[at])) at++
  return at
}
