import { compileBools } from './bools.js'
import { itemPositions, pick, spreadInto } from './lists.js'
import { lengthOf, loadNumbers, type Run } from './load.js'
import { arithmetic, type Numbers } from './loops.js'
import type { Arithmetic, Call, Typed, Where } from './typed.js'

export type NumberPlan = (run: Run) => Numbers

/**
 * Number nodes as closures over typed arrays. A plan made for `depth` writes only registers of that depth and
 * deeper; what it gives is the register at `depth`, or a column that must not be written to. So a node can run
 * its operands at depth, depth + 1, … one after another and find them all whole.
 */
export function compileNumbers(node: Typed, depth: number): NumberPlan {
  switch (node.kind) {
    case 'constant': {
      const value = Number(node.value)
      return fill(depth, node.axis, (out, n) => out.fill(value, 0, n))
    }
    case 'read':
      return loadNumbers(node, depth)
    case 'spread': {
      const of = compileNumbers(node.of, depth + 1)
      const { axis } = node
      return fill(depth, axis, (out, _, run) =>
        spreadInto(of(run), run.events.offsets(axis), run.events.rows, out),
      )
    }
    case 'arithmetic':
      return compileArithmetic(node, depth)
    case 'call':
      return compileCall(node, depth)
    case 'where':
      return compileWhere(node, depth)
    case 'item': {
      const positions = itemPositions(node.of.axis, compileNumbers(node.index, depth + 1), depth)
      const of = compileNumbers(node.of, depth + 1)
      return fill(depth, '', (out, n, run) => {
        const at = positions(run)
        pick(of(run), at, out, n, Number.NaN)
      })
    }
    case 'reduce': {
      const { fn, of } = node
      const items = fn.takes === 'bool' ? compileBools(of, depth + 1) : compileNumbers(of, depth + 1)
      return fill(depth, '', (out, n, run) => fn.over(items(run), run.events.offsets(of.axis), n, out))
    }
    default:
      throw new TypeError(`${node.kind} is not a number`)
  }
}

function fill(
  depth: number,
  axis: string,
  loop: (out: Float64Array, n: number, run: Run) => void,
): NumberPlan {
  return (run) => {
    const n = lengthOf(run.events, axis)
    const out = run.registers.numbers(depth, n)
    loop(out, n, run)
    return out
  }
}

function compileArithmetic({ op, left, right, axis }: Arithmetic, depth: number): NumberPlan {
  const loops = arithmetic[op]
  if (right.kind === 'constant') {
    const a = compileNumbers(left, depth)
    const c = Number(right.value)
    return fill(depth, axis, (out, n, run) => loops.right(a(run), c, out, n))
  }
  if (left.kind === 'constant') {
    const a = compileNumbers(right, depth)
    const c = Number(left.value)
    return fill(depth, axis, (out, n, run) => loops.left(a(run), c, out, n))
  }
  const a = compileNumbers(left, depth)
  const b = compileNumbers(right, depth + 1)
  return fill(depth, axis, (out, n, run) => loops.columns(a(run), b(run), out, n))
}

function compileCall({ fn, args, axis }: Call, depth: number): NumberPlan {
  const plans = args.map((arg, i) => compileNumbers(arg, depth + i))
  const [x, y, z] = plans
  if (plans.length === 1) return fill(depth, axis, (out, n, run) => apply1(fn.of as Unary, x(run), out, n))
  if (plans.length === 2)
    return fill(depth, axis, (out, n, run) => apply2(fn.of as Binary, x(run), y(run), out, n))
  return fill(depth, axis, (out, n, run) => apply3(fn.of, x(run), y(run), z(run), out, n))
}

type Unary = (x: number) => number
type Binary = (x: number, y: number) => number
type Ternary = (x: number, y: number, z: number) => number

export function apply1(of: Unary, x: Numbers, out: Float64Array | Uint8Array, n: number): void {
  for (let i = 0; i < n; i++) out[i] = of(x[i])
}

function apply2(of: Binary, x: Numbers, y: Numbers, out: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) out[i] = of(x[i], y[i])
}

function apply3(of: Ternary, x: Numbers, y: Numbers, z: Numbers, out: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) out[i] = of(x[i], y[i], z[i])
}

function compileWhere({ when, held, otherwise, axis }: Where, depth: number): NumberPlan {
  const condition = compileBools(when, depth)
  const a = compileNumbers(held, depth + 1)
  const b = compileNumbers(otherwise, depth + 2)
  return fill(depth, axis, (out, n, run) => {
    const [holds, x, y] = [condition(run), a(run), b(run)]
    for (let i = 0; i < n; i++) out[i] = holds[i] ? x[i] : y[i]
  })
}
