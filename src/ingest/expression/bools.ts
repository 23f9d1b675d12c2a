import { itemPositions, pick, spreadInto } from './lists.js'
import { lengthOf, loadBools, type Run } from './load.js'
import { compare, flipped, type Numbers } from './loops.js'
import { memberOfNumbers, memberOfStrings } from './member.js'
import { apply1, compileNumbers } from './numbers.js'
import { compileStrings } from './strings.js'
import type { Call, Compare, IsNull, Logic, Member, Reduce, Typed, Where } from './typed.js'

/** One byte a value, 0 or 1. */
export type BoolPlan = (run: Run) => Uint8Array

/** Conditions as closures over typed arrays; depths as for `compileNumbers`. */
export function compileBools(node: Typed, depth: number): BoolPlan {
  switch (node.kind) {
    case 'constant': {
      const value = node.value === true ? 1 : 0
      return fill(depth, node.axis, (out, n) => out.fill(value, 0, n))
    }
    case 'read':
      return loadBools(node, depth)
    case 'spread': {
      const of = compileBools(node.of, depth + 1)
      const { axis } = node
      return fill(depth, axis, (out, _, run) =>
        spreadInto(of(run), run.events.offsets(axis), run.events.rows, out),
      )
    }
    case 'compare':
      return compileCompare(node, depth)
    case 'logic':
      return compileLogic(node, depth)
    case 'not': {
      const of = compileBools(node.of, depth)
      return fill(depth, node.axis, (out, n, run) => invert(of(run), out, n))
    }
    case 'member':
      return compileMember(node, depth)
    case 'call':
      return compileCall(node, depth)
    case 'where':
      return compileWhere(node, depth)
    case 'isnull':
      return compileIsNull(node, depth)
    case 'item': {
      const positions = itemPositions(node.of.axis, compileNumbers(node.index, depth + 1), depth)
      const of = compileBools(node.of, depth + 1)
      return fill(depth, '', (out, n, run) => {
        const at = positions(run)
        pick(of(run), at, out, n, 0)
      })
    }
    case 'reduce':
      return compileReduce(node, depth)
    default:
      throw new TypeError(`${node.kind} is not a condition`)
  }
}

function fill(depth: number, axis: string, loop: (out: Uint8Array, n: number, run: Run) => void): BoolPlan {
  return (run) => {
    const n = lengthOf(run.events, axis)
    const out = run.registers.bools(depth, n)
    loop(out, n, run)
    return out
  }
}

function compileCompare({ op, left, right, axis }: Compare, depth: number): BoolPlan {
  if (left.type === 'bool') {
    const [a, b] = [compileBools(left, depth), compileBools(right, depth + 1)]
    const same = op === '==' ? 1 : 0
    return fill(depth, axis, (out, n, run) => equalBools(a(run), b(run), same, out, n))
  }
  if (left.type === 'string') {
    const [a, b] = [compileStrings(left, depth), compileStrings(right, depth + 1)]
    return fill(depth, axis, (out, n, run) => {
      const [x, y] = [a(run), b(run)]
      for (let i = 0; i < n; i++) {
        const s = x.dictionary[x.codes[i]]
        const t = y.dictionary[y.codes[i]]
        out[i] = s !== undefined && t !== undefined && (s === t) === (op === '==') ? 1 : 0
      }
    })
  }
  if (right.kind === 'constant')
    return againstConstant(left, Number(right.value), compare[op].right, axis, depth)
  if (left.kind === 'constant')
    return againstConstant(right, Number(left.value), compare[flipped[op]].right, axis, depth)
  const [a, b] = [compileNumbers(left, depth), compileNumbers(right, depth + 1)]
  return fill(depth, axis, (out, n, run) => compare[op].columns(a(run), b(run), out, n))
}

function againstConstant(
  of: Typed,
  c: number,
  loop: (a: Numbers, c: number, out: Uint8Array, n: number) => void,
  axis: string,
  depth: number,
): BoolPlan {
  const a = compileNumbers(of, depth)
  return fill(depth, axis, (out, n, run) => loop(a(run), c, out, n))
}

function compileLogic({ op, left, right, axis }: Logic, depth: number): BoolPlan {
  const [a, b] = [compileBools(left, depth), compileBools(right, depth + 1)]
  const loop = op === 'and' ? both : either
  return fill(depth, axis, (out, n, run) => loop(a(run), b(run), out, n))
}

function both(a: Uint8Array, b: Uint8Array, out: Uint8Array, n: number): void {
  for (let i = 0; i < n; i++) out[i] = a[i] & b[i]
}

function either(a: Uint8Array, b: Uint8Array, out: Uint8Array, n: number): void {
  for (let i = 0; i < n; i++) out[i] = a[i] | b[i]
}

function invert(a: Uint8Array, out: Uint8Array, n: number): void {
  for (let i = 0; i < n; i++) out[i] = a[i] ^ 1
}

function equalBools(a: Uint8Array, b: Uint8Array, same: number, out: Uint8Array, n: number): void {
  for (let i = 0; i < n; i++) out[i] = a[i] ^ b[i] ^ same
}

function compileMember({ of, values, negated, axis }: Member, depth: number): BoolPlan {
  const found = negated ? 0 : 1
  if (of.type === 'string') {
    const loop = memberOfStrings(new Set(values), found)
    const strings = compileStrings(of, depth)
    return fill(depth, axis, (out, n, run) => loop(strings(run), out, n))
  }
  if (of.type === 'bool') {
    // What false and true give.
    const table = Uint8Array.of(
      values.includes(false) ? found : 1 - found,
      values.includes(true) ? found : 1 - found,
    )
    const bools = compileBools(of, depth)
    return fill(depth, axis, (out, n, run) => {
      const a = bools(run)
      for (let i = 0; i < n; i++) out[i] = table[a[i]]
    })
  }
  const loop = memberOfNumbers(values.map(Number), found)
  const numbers = compileNumbers(of, depth)
  return fill(depth, axis, (out, n, run) => loop(numbers(run), out, n))
}

function compileCall({ fn, args, axis }: Call, depth: number): BoolPlan {
  const x = compileNumbers(args[0], depth)
  return fill(depth, axis, (out, n, run) => apply1(fn.of as (x: number) => number, x(run), out, n))
}

function compileWhere({ when, held, otherwise, axis }: Where, depth: number): BoolPlan {
  const condition = compileBools(when, depth)
  const [a, b] = [compileBools(held, depth + 1), compileBools(otherwise, depth + 2)]
  return fill(depth, axis, (out, n, run) => {
    const [holds, x, y] = [condition(run), a(run), b(run)]
    for (let i = 0; i < n; i++) out[i] = holds[i] ? x[i] : y[i]
  })
}

function compileIsNull({ of, axis }: IsNull, depth: number): BoolPlan {
  if (of.type === 'string') {
    const strings = compileStrings(of, depth)
    return fill(depth, axis, (out, n, run) => {
      const { codes, dictionary } = strings(run)
      for (let i = 0; i < n; i++) out[i] = codes[i] < 0 || codes[i] >= dictionary.length ? 1 : 0
    })
  }
  const numbers = compileNumbers(of, depth)
  return fill(depth, axis, (out, n, run) => {
    const a = numbers(run)
    for (let i = 0; i < n; i++) out[i] = Number(Number.isNaN(a[i]))
  })
}

function compileReduce({ fn, of }: Reduce, depth: number): BoolPlan {
  const items = compileBools(of, depth + 1)
  return fill(depth, '', (out, n, run) => fn.over(items(run), run.events.offsets(of.axis), n, out))
}
