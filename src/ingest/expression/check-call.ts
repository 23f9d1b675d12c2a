import { align, check, constant, demand, type Scope } from './check.js'
import { fail, quote } from './fail.js'
import { type NumberFunction, numberFunctions, otherFunctions } from './functions.js'
import { reductions } from './reductions.js'
import type { Syntax } from './syntax.js'
import type { Typed } from './typed.js'

type CallSyntax = Syntax & { kind: 'call' }

/** Checks a call. `min` and `max` of one list, or of a list and a condition, reduce; of more numbers, they do not. */
export function checkCall(node: CallSyntax, scope: Scope): Typed {
  if (node.name === 'where') return checkWhere(node, scope)
  if (node.name === 'isnull') return checkIsNull(node, scope)
  const reduced = reductions.some((entry) => entry.name === node.name)
  const fn = numberFunctions.find((entry) => entry.name === node.name)
  if (!reduced && fn === undefined) {
    const names = new Set([...numberFunctions, ...otherFunctions, ...reductions].map((entry) => entry.name))
    throw fail(scope.source, { at: node.at, what: `no function ${quote(node.name)}`, name: node.name, names })
  }
  const args = node.args.map((arg) => checkArgument(node, arg, scope))
  if (reduced && (fn === undefined || args.length < 2 || (args.length === 2 && args[1].type === 'bool')))
    return reduce(node, args, scope)
  return apply(node, fn as NumberFunction, args, scope)
}

/** `count(jets)` counts all items: the one place where a list itself is a value. */
function checkArgument(call: CallSyntax, arg: Syntax, scope: Scope): Typed {
  if (
    call.name === 'count' &&
    arg.kind === 'name' &&
    !scope.columns.has(arg.path) &&
    scope.axes.has(arg.path)
  )
    return { ...constant(true), axis: arg.path }
  return check(arg, scope)
}

function reduce(node: CallSyntax, args: readonly Typed[], scope: Scope): Typed {
  const forms = reductions.filter((entry) => entry.name === node.name)
  const takes = forms.map((entry) => entry.takes)
  const most = takes.includes('number') ? 2 : 1
  if (args.length === 0 || args.length > most)
    throw fail(scope.source, {
      at: node.at,
      what: `${node.name} takes ${most === 1 ? 'one condition' : 'a list, and perhaps a condition'}`,
    })
  const fn = forms.find((entry) => entry.takes === args[0].type)
  if (fn === undefined)
    throw fail(scope.source, {
      at: node.args[0].at,
      what: `${node.name} needs a ${takes.join(' or a ')}, not a ${args[0].type}`,
    })
  const kept = args.length === 2 ? only(node, args, scope) : args[0]
  if (kept.axis === '')
    throw fail(scope.source, {
      at: node.args[0].at,
      what: `${node.name} needs a list; this is one value per event`,
    })
  return { kind: 'reduce', type: fn.result, axis: '', fn, of: kept }
}

/** The first argument, null (or false) where the condition after it does not hold. */
function only(node: CallSyntax, args: readonly Typed[], scope: Scope): Typed {
  if (args[1].type !== 'bool')
    throw fail(scope.source, {
      at: node.args[1].at,
      what: `${node.name} needs a condition here, not a ${args[1].type}`,
    })
  const [of, when] = align(args, node.at, scope)
  const { axis, type } = of
  if (type === 'bool') return { kind: 'logic', op: 'and', type, axis, left: of, right: when }
  const otherwise = { ...constant(Number.NaN), axis }
  return { kind: 'where', type, axis, when, held: of, otherwise }
}

function apply(node: CallSyntax, fn: NumberFunction, args: readonly Typed[], scope: Scope): Typed {
  const expected = fn.parameters.length
  if (fn.variadic ? args.length < expected : args.length !== expected)
    throw wrongCount(node, fn.parameters, scope)
  const wrong = args.findIndex((arg) => arg.type !== 'number')
  if (wrong >= 0)
    throw fail(scope.source, {
      at: node.args[wrong].at,
      what: `${fn.name} needs a number, not a ${args[wrong].type}`,
    })
  const aligned = align(args, node.at, scope)
  return fn.variadic
    ? aligned.slice(1).reduce((left, right) => call(fn, [left, right]), aligned[0])
    : call(fn, aligned)
}

function call(fn: NumberFunction, args: readonly Typed[]): Typed {
  const [x, y, z] = args.map((arg) => (arg.kind === 'constant' ? Number(arg.value) : undefined))
  const known = args.every((arg) => arg.kind === 'constant')
  if (!known) return { kind: 'call', type: fn.result, axis: args[0].axis, fn, args }
  const value = fn.of(x ?? Number.NaN, y ?? Number.NaN, z ?? Number.NaN)
  return { ...constant(fn.result === 'bool' ? value === 1 : value), axis: args[0].axis }
}

function checkWhere(node: CallSyntax, scope: Scope): Typed {
  if (node.args.length !== 3) throw wrongCount(node, ['condition', 'a', 'b'], scope)
  const condition = demand(node.args[0], 'bool', 'where', scope)
  const [a, b] = [check(node.args[1], scope), check(node.args[2], scope)]
  if (a.type !== b.type || a.type === 'string')
    throw fail(scope.source, {
      at: node.args[1].at,
      what: `where needs two numbers or two conditions, not a ${a.type} and a ${b.type}`,
    })
  const [when, held, otherwise] = align([condition, a, b], node.at, scope)
  return { kind: 'where', type: a.type, axis: when.axis, when, held, otherwise }
}

function checkIsNull(node: CallSyntax, scope: Scope): Typed {
  if (node.args.length !== 1) throw wrongCount(node, ['x'], scope)
  const of = check(node.args[0], scope)
  if (of.type !== 'bool') return { kind: 'isnull', type: 'bool', axis: of.axis, of }
  const read = asNumber(of)
  if (read === undefined)
    throw fail(scope.source, {
      at: node.args[0].at,
      what: 'a condition is never null (give isnull a column)',
    })
  return { kind: 'isnull', type: 'bool', axis: read.axis, of: read }
}

/** A bool column, or an item of one, read as a number that is NaN where it is null; else undefined. */
function asNumber(node: Typed): Typed | undefined {
  if (node.kind === 'read') return { ...node, type: 'number' }
  if (node.kind !== 'item') return undefined
  const of = asNumber(node.of)
  return of === undefined ? undefined : { ...node, type: 'number', of }
}

function wrongCount(node: CallSyntax, parameters: readonly string[], scope: Scope) {
  const what = `${node.name} takes (${parameters.join(', ')}), not ${node.args.length} arguments`
  return fail(scope.source, { at: node.at, what })
}
