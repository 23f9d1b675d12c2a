import { SpillwayError } from '../../errors.js'

/** numpy's and awkward's functions that expressions have too, by another name where it differs. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  abs: 'abs',
  sqrt: 'sqrt',
  exp: 'exp',
  log: 'ln',
  log10: 'log10',
  sin: 'sin',
  cos: 'cos',
  tan: 'tan',
  sinh: 'sinh',
  cosh: 'cosh',
  tanh: 'tanh',
  hypot: 'hypot',
  arctan2: 'atan2',
  clip: 'clamp',
  minimum: 'min',
  maximum: 'max',
  power: 'pow',
  where: 'where',
}

const TOKEN =
  /\s*(?:([A-Za-z_][\w.]*)|(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|(\*\*|[<>=!]=|[-+*/()<>,&|~]))/y

/**
 * A formula of a weaver data card (Python over numpy and awkward arrays) as an expression. `name` gives the expression
 * of a variable.
 * @throws SpillwayError MODEL_INVALID for what has no counterpart.
 */
export function translate(formula: string, name: (variable: string) => string, place: string): string {
  const fail = (what: string): never => {
    throw new SpillwayError('MODEL_INVALID', `${what} in ${formula} has no counterpart here`, {
      place,
      remedy: 'Say what it is in terms of columns: --variable NAME=EXPRESSION.',
    })
  }
  const tokens: { readonly word?: string; readonly number?: string; readonly sign?: string }[] = []
  const text = formula.trim()
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex
    const found = TOKEN.exec(text)
    if (found === null) return fail(text.slice(at).trim().slice(0, 12))
    tokens.push({ word: found[1], number: found[2], sign: found[3] })
  }
  /** The index after the parenthesis that closes the one at `open`. */
  const after = (open: number): number => {
    let depth = 0
    for (let i = open; i < tokens.length; i++) {
      depth += tokens[i].sign === '(' ? 1 : tokens[i].sign === ')' ? -1 : 0
      if (depth === 0) return i + 1
    }
    return fail('an open parenthesis')
  }
  const signs: Readonly<Record<string, string>> = { '&': ' and ', '|': ' or ', '~': 'not ', '**': '' }
  let out = ''
  for (let i = 0; i < tokens.length; i++) {
    const { word, number, sign } = tokens[i]
    if (sign === '**') fail('**')
    if (sign !== undefined)
      out += signs[sign] ?? (sign === ',' ? ', ' : sign === '(' || sign === ')' ? sign : ` ${sign} `)
    else if (number !== undefined) {
      const power = tokens[i + 1]?.sign === '**'
      if (power) fail('**')
      out += number
    } else if (word !== undefined && tokens[i + 1]?.sign === '(') {
      const plain = word.replace(/^(np|ak)\./, '')
      if (plain === 'ones_like' || plain === 'zeros_like') {
        out += plain === 'ones_like' ? '1' : '0'
        i = after(i + 1) - 1
      } else out += FUNCTIONS[plain] ?? fail(word)
    } else if (word !== undefined) {
      const value = word === 'np.pi' ? String(Math.PI) : name(word)
      const exponent = tokens[i + 1]?.sign === '**' ? tokens[i + 2]?.number : undefined
      if (exponent === undefined) out += value
      else {
        out += `pow(${value}, ${exponent})`
        i += 2
      }
    }
  }
  return out
}
