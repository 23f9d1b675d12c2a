import { SpillwayError } from '../../errors.js'
import type { SchemaMap } from '../../ingest/mapping/schema-map.js'
import { unitFactor } from '../../ingest/mapping/units.js'
import { hint } from '../../ingest/nearest.js'
import { translate } from './formula.js'

/** How the names of a framework's variables become expressions over columns. */
export interface Names {
  /** Says which branch each column comes from; the way back is taken here. */
  readonly map: SchemaMap
  /** Formulas of variables in terms of others, as weaver writes them. */
  readonly formulas: ReadonlyMap<string, string>
  /** Expressions given by hand; they come first. */
  readonly given: ReadonlyMap<string, string>
}

/** What weaver's data cards for JetClass and NanoAOD-like files compute, for a preprocess.json without its card. */
export const usualFormulas: ReadonlyMap<string, string> = new Map([
  ['part_mask', 'ak.ones_like(part_energy)'],
  ['part_pt', 'np.hypot(part_px, part_py)'],
  ['part_pt_log', 'np.log(part_pt)'],
  ['part_e_log', 'np.log(part_energy)'],
  ['part_logptrel', 'np.log(part_pt/jet_pt)'],
  ['part_logerel', 'np.log(part_energy/jet_energy)'],
  ['part_deltaR', 'np.hypot(part_deta, part_dphi)'],
  ['part_d0', 'np.tanh(part_d0val)'],
  ['part_dz', 'np.tanh(part_dzval)'],
])

/**
 * The expression for one variable: given by hand, by a formula, or the column that comes from a branch of that name, back
 * in the unit of the branch. `prefixes` and `suffixes` are what the framework leaves out of the branch's name.
 * @throws SpillwayError COLUMN_MISSING naming the variable; MODEL_INVALID for a formula without counterpart
 */
export function expressionOf(
  variable: string,
  names: Names,
  around: { readonly prefixes: readonly string[]; readonly suffixes: readonly string[] },
  place: string,
): string {
  const branches = branchColumns(names.map)
  const visit = (name: string, above: readonly string[]): string => {
    const given = names.given.get(name)
    if (given !== undefined) return operand(given)
    const formula = names.formulas.get(name)
    if (formula !== undefined && !above.includes(name) && formula !== name)
      return operand(translate(formula, (inner) => visit(inner, [...above, name]), place))
    for (const prefix of around.prefixes) {
      const own = names.given.get(prefix + name)
      if (own !== undefined) return operand(own)
      for (const suffix of around.suffixes) {
        const column = branches.get(prefix + name + suffix)
        if (column !== undefined) return column
      }
    }
    throw new SpillwayError(
      'COLUMN_MISSING',
      `nothing says which column is variable ${name}${hint(around.prefixes[0] + name, branches.keys())}`,
      { place, remedy: `Name a schema map that has it, or say what it is: --variable ${name}=EXPRESSION.` },
    )
  }
  const whole = visit(variable, [])
  return isEnclosed(whole, 0) ? whole.slice(1, -1) : whole
}

/** In parentheses, unless it is a name, a number or one call already. */
function operand(expression: string): string {
  const [word = ''] = /^[\w.]*/.exec(expression) ?? []
  return word.length === expression.length || isEnclosed(expression, word.length)
    ? expression
    : `(${expression})`
}

/** Whether the parenthesis at `open` is closed by the last character. */
function isEnclosed(expression: string, open: number): boolean {
  if (expression[open] !== '(') return false
  let depth = 0
  for (let i = open; i < expression.length; i++) {
    depth += expression[i] === '(' ? 1 : expression[i] === ')' ? -1 : 0
    if (depth === 0) return i === expression.length - 1
  }
  return false
}

/** The branches of a map and the expressions that give their values back. */
function branchColumns(map: SchemaMap): ReadonlyMap<string, string> {
  const entries = [
    ...Object.entries(map.columns).map(([path, entry]) => ({ path, entry })),
    ...Object.entries(map.lists).flatMap(([list, columns]) =>
      Object.entries(columns).map(([name, entry]) => ({ path: `${list}.${name}`, entry })),
    ),
  ]
  return new Map(
    entries.map(({ path, entry: { branch, from, unit } }) => {
      const factor = from === undefined || unit === undefined ? 1 : unitFactor(unit, from, path)
      return [branch, factor === 1 ? path : `(${path} * ${factor})`]
    }),
  )
}
