import type { ColumnType, EventSchema } from '../columns.js'
import { checkCall } from './check-call.js'
import { fail, quote } from './fail.js'
import type { ArithmeticOp, CompareOp, Syntax } from './syntax.js'
import type { Constant, ExpressionType, Typed } from './typed.js'

/** What a source is checked against, handed down the tree. */
export interface Scope {
  readonly source: string
  readonly columns: ReadonlyMap<string, { readonly type: ExpressionType; readonly axis: string }>
  readonly axes: ReadonlySet<string>
}

export function scopeOf(source: string, schema: EventSchema): Scope {
  const columns = new Map(
    schema.columns.map(({ path, type, axis }) => [path, { type: typeOf(type), axis }] as const),
  )
  return { source, columns, axes: new Set(schema.axes) }
}

/** How an expression reads a column. */
export function typeOf(type: ColumnType): ExpressionType {
  if (type === 'bool') return 'bool'
  return type === 'utf8' ? 'string' : 'number'
}

/**
 * Looks up names, checks types, and makes the axis of every node explicit: an event-level operand of a node that
 * runs along a list is wrapped in `spread`.
 * @throws SpillwayError EXPRESSION_INVALID with the column and the nearest names.
 */
export function check(node: Syntax, scope: Scope): Typed {
  switch (node.kind) {
    case 'constant':
      return { kind: 'constant', type: constantType(node.value), axis: '', value: node.value }
    case 'name':
      return checkName(node.path, node.at, scope)
    case 'call':
      return checkCall(node, scope)
    case 'unary':
      return node.op === '-' ? checkMinus(node.of, node.at, scope) : checkNot(node.of, scope)
    case 'binary':
      return checkBinary(node, scope)
    case 'in':
      return checkIn(node, scope)
    case 'index':
      return checkIndex(node, scope)
  }
}

function checkName(path: string, at: number, scope: Scope): Typed {
  const column = scope.columns.get(path)
  if (column !== undefined)
    return { kind: 'read', path, type: column.type, axis: column.axis, holds: column.type }
  if (path === 'pi') return { kind: 'constant', type: 'number', axis: '', value: Math.PI }
  if (path === 'null')
    throw fail(scope.source, { at, what: 'null cannot be compared with (write isnull(x))' })
  const inside = [...scope.columns.keys()].filter((name) => name.startsWith(`${path}.`)).slice(0, 3)
  if (inside.length > 0)
    throw fail(scope.source, { at, what: `${quote(path)} is not a column (it holds ${inside.join(', ')})` })
  throw fail(scope.source, { at, what: `no column ${quote(path)}`, name: path, names: scope.columns.keys() })
}

function checkMinus(of: Syntax, at: number, scope: Scope): Typed {
  const value = demand(of, 'number', '-', scope)
  if (value.kind === 'constant') return constant(-value.value)
  const minusOne = withAxis(constant(-1), value.axis, scope, at)
  return { kind: 'arithmetic', op: '*', type: 'number', axis: value.axis, left: value, right: minusOne }
}

function checkNot(of: Syntax, scope: Scope): Typed {
  const value = demand(of, 'bool', 'not', scope)
  return { kind: 'not', type: 'bool', axis: value.axis, of: value }
}

function checkBinary(node: Syntax & { kind: 'binary' }, scope: Scope): Typed {
  const { op } = node
  if (op === 'and' || op === 'or') {
    const sides = [demand(node.left, 'bool', op, scope), demand(node.right, 'bool', op, scope)]
    const [left, right] = align(sides, node.at, scope)
    return { kind: 'logic', op, type: 'bool', axis: left.axis, left, right }
  }
  if (op === '+' || op === '-' || op === '*' || op === '/') {
    const sides = [demand(node.left, 'number', op, scope), demand(node.right, 'number', op, scope)]
    const [left, right] = align(sides, node.at, scope)
    if (left.kind === 'constant' && right.kind === 'constant')
      return constant(fold(op, Number(left.value), Number(right.value)))
    return { kind: 'arithmetic', op, type: 'number', axis: left.axis, left, right }
  }
  return checkCompare(node, op, scope)
}

function checkCompare(node: Syntax & { kind: 'binary' }, op: CompareOp, scope: Scope): Typed {
  const sides = [check(node.left, scope), check(node.right, scope)]
  if (sides[0].type !== sides[1].type)
    throw fail(scope.source, { at: node.at, what: `${op} between a ${sides[0].type} and a ${sides[1].type}` })
  if (sides[0].type !== 'number' && op !== '==' && op !== '!=')
    throw fail(scope.source, { at: node.at, what: `${op} needs numbers, not a ${sides[0].type}` })
  const [left, right] = align(sides, node.at, scope)
  const { axis } = left
  if (left.type === 'string') {
    const negated = op === '!='
    if (right.kind === 'constant')
      return { kind: 'member', type: 'bool', axis, of: left, values: [right.value], negated }
    if (left.kind === 'constant')
      return { kind: 'member', type: 'bool', axis, of: right, values: [left.value], negated }
  }
  return { kind: 'compare', op, type: 'bool', axis, left, right }
}

function checkIn(node: Syntax & { kind: 'in' }, scope: Scope): Typed {
  const of = check(node.of, scope)
  const values = node.items.map((item) => {
    const value = check(item, scope)
    if (value.kind !== 'constant')
      throw fail(scope.source, { at: item.at, what: 'only literals can stand in the list after in' })
    if (value.type !== of.type)
      throw fail(scope.source, {
        at: item.at,
        what: `a ${value.type} in a list that a ${of.type} is looked for in`,
      })
    return value.value
  })
  return { kind: 'member', type: 'bool', axis: of.axis, of, values, negated: node.negated }
}

function checkIndex(node: Syntax & { kind: 'index' }, scope: Scope): Typed {
  const of = check(node.of, scope)
  if (of.axis === '')
    throw fail(scope.source, { at: node.at, what: 'only a list can be indexed; this is one value per event' })
  const index = demand(node.index, 'number', 'an index', scope)
  if (index.axis !== '')
    throw fail(scope.source, {
      at: node.index.at,
      what: `an index must be one value per event, not per ${index.axis}`,
    })
  return { kind: 'item', type: of.type, axis: '', of, index }
}

/** The checked node, which must have this type. */
export function demand(node: Syntax, type: ExpressionType, who: string, scope: Scope): Typed {
  const typed = check(node, scope)
  if (typed.type !== type)
    throw fail(scope.source, { at: node.at, what: `${who} needs a ${type}, not a ${typed.type}` })
  return typed
}

/** Brings operands to one axis. @throws SpillwayError EXPRESSION_INVALID when they run along two lists. */
export function align(operands: readonly Typed[], at: number, scope: Scope): Typed[] {
  const axis = operands.find((operand) => operand.axis !== '')?.axis ?? ''
  return operands.map((operand) => withAxis(operand, axis, scope, at))
}

/** The same value along `axis`. */
export function withAxis(node: Typed, axis: string, scope: Scope, at: number): Typed {
  if (node.axis === axis) return node
  if (node.axis !== '')
    throw fail(scope.source, {
      at,
      what: `${node.axis} and ${axis === '' ? 'events' : axis} differ in length (reduce one with any, sum, max, ...)`,
    })
  return node.kind === 'constant' ? { ...node, axis } : { kind: 'spread', type: node.type, axis, of: node }
}

export function constant(value: number | string | boolean): Constant & Typed {
  return { kind: 'constant', type: constantType(value), axis: '', value }
}

function constantType(value: number | string | boolean): ExpressionType {
  return typeof value === 'boolean' ? 'bool' : (typeof value as 'number' | 'string')
}

function fold(op: ArithmeticOp, a: number, b: number): number {
  if (op === '+') return a + b
  if (op === '-') return a - b
  return op === '*' ? a * b : a / b
}
