import type { Column, EventSchema, Events } from '../columns.js'
import { compileBools } from './bools.js'
import { check, type Scope, scopeOf, withAxis } from './check.js'
import { fail } from './fail.js'
import { lengthOf, type Run } from './load.js'
import { compileNumbers } from './numbers.js'
import { parse } from './parse.js'
import { Registers } from './registers.js'
import { compileStrings } from './strings.js'
import type { ExpressionType, Typed } from './typed.js'

export type { ExpressionType } from './typed.js'

/**
 * An expression made ready for batches. It keeps working memory between calls (a few arrays of the longest batch
 * seen), so one object serves one thread and one call at a time; what it gives back is always new and the caller's.
 */
export interface Compiled {
  readonly source: string
  /** Paths of the columns it reads, in the order they appear, each once. */
  readonly reads: readonly string[]
  /** Lists whose offsets it needs: `count(jets)` reads no column of jets. */
  readonly lists: readonly string[]
  /** '' when it gives one value per event; else the list it runs along. */
  readonly axis: string
  readonly type: ExpressionType
  /**
   * A value per event, or per item of `axis`: Float64Array with NaN for null (number), bytes 0 or 1 (bool), or
   * strings and null (string).
   * @throws SpillwayError SCHEMA_MISMATCH when a column is missing, or has another kind or axis than at compilation.
   */
  evaluate(events: Events): Float64Array | Uint8Array | (string | null)[]
  /**
   * One byte per event, or per item of `axis`: 1 where the condition holds.
   * @throws SpillwayError EXPRESSION_INVALID when the expression is not a condition; SCHEMA_MISMATCH as above.
   */
  mask(events: Events): Uint8Array
  /** The same values as a column (float64, bool or utf8), ready for `events.with`. */
  column(events: Events): Column
}

/** What the place that an expression stands in asks of it. */
export interface Wanted {
  readonly type?: ExpressionType
  /** An event-level expression is repeated along the list when one is wanted. */
  readonly axis?: string
}

/**
 * Parses, checks and compiles an expression over columns (docs/expressions.md). The result is a tree of closures
 * over typed arrays; nothing is evaluated as code.
 * @throws SpillwayError EXPRESSION_INVALID with the column in the source, a caret and the nearest names.
 */
export function compile(source: string, schema: EventSchema, wanted: Wanted = {}): Compiled {
  const scope = scopeOf(source, schema)
  const root = suit(check(parse(source), scope), wanted, scope)
  const registers = new Registers()
  const values = planOf(root)
  const nodes = nodesOf(root)
  const run = (events: Events): Run => ({ events, registers })
  const evaluate = (events: Events) => values(run(events))
  return {
    source,
    reads: unique(nodes.map((node) => (node.kind === 'read' ? node.path : ''))),
    lists: unique(nodes.map((node) => node.axis)),
    axis: root.axis,
    type: root.type,
    evaluate,
    mask(events) {
      const mask = evaluate(events)
      if (mask instanceof Uint8Array) return mask
      throw fail(source, { at: 0, what: `a bool is needed, this is a ${root.type}` })
    },
    column: (events) => columnOf(evaluate(events), root.axis),
  }
}

function suit(root: Typed, wanted: Wanted, scope: Scope): Typed {
  if (wanted.type !== undefined && root.type !== wanted.type)
    throw fail(scope.source, { at: 0, what: `a ${wanted.type} is needed, this is a ${root.type}` })
  if (wanted.axis === '' && root.axis !== '')
    throw fail(scope.source, {
      at: 0,
      what: `one value per event is needed, this is one per item of ${root.axis} (use any, all, count, ...)`,
    })
  return wanted.axis === undefined ? root : withAxis(root, wanted.axis, scope, 0)
}

function planOf(root: Typed): (run: Run) => ReturnType<Compiled['evaluate']> {
  const length = (run: Run) => lengthOf(run.events, root.axis)
  if (root.type === 'bool') {
    const plan = compileBools(root, 0)
    return (run) => plan(run).slice(0, length(run))
  }
  if (root.type === 'string') {
    const plan = compileStrings(root, 0)
    return (run) => {
      const { codes, dictionary } = plan(run)
      return Array.from(codes.subarray(0, length(run)), (code) => dictionary[code] ?? null)
    }
  }
  const plan = compileNumbers(root, 0)
  return (run) => Float64Array.from(plan(run).subarray(0, length(run)))
}

function columnOf(values: ReturnType<Compiled['evaluate']>, axis: string): Column {
  if (values instanceof Uint8Array) return { axis, type: 'bool', values, valid: null }
  if (values instanceof Float64Array) {
    const missing = values.some(Number.isNaN)
    const valid = missing ? Uint8Array.from(values, (value) => (Number.isNaN(value) ? 0 : 1)) : null
    return { axis, type: 'float64', values, valid }
  }
  const dictionary = [...new Set(values.filter((text) => text !== null))]
  const code = new Map(dictionary.map((text, i) => [text, i] as const))
  const codes = Int32Array.from(values, (text) => (text === null ? 0 : (code.get(text) ?? 0)))
  const valid = values.includes(null) ? Uint8Array.from(values, (text) => (text === null ? 0 : 1)) : null
  return { axis, type: 'utf8', values: codes, valid, dictionary }
}

/** The node and all below it, in the order of the source, added to `found`. */
function nodesOf(node: Typed, found: Typed[] = []): Typed[] {
  found.push(node)
  for (const child of childrenOf(node)) nodesOf(child, found)
  return found
}

/** Each name once, without ''. */
function unique(names: readonly string[]): string[] {
  return [...new Set(names)].filter((name) => name !== '')
}

function childrenOf(node: Typed): readonly Typed[] {
  if (node.kind === 'constant' || node.kind === 'read') return []
  if (node.kind === 'call') return node.args
  if (node.kind === 'where') return [node.when, node.held, node.otherwise]
  if (node.kind === 'item') return [node.of, node.index]
  return 'left' in node ? [node.left, node.right] : [node.of]
}
