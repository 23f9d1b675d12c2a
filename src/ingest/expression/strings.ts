import { itemPositions, pick, spreadInto } from './lists.js'
import { lengthOf, loadStrings, type Run } from './load.js'
import { compileNumbers } from './numbers.js'
import type { Strings } from './registers.js'
import type { Typed } from './typed.js'

export type StringPlan = (run: Run) => Strings

/** String nodes as closures over dictionary codes; depths as for `compileNumbers`. */
export function compileStrings(node: Typed, depth: number): StringPlan {
  switch (node.kind) {
    case 'constant': {
      const dictionary = [String(node.value)]
      return (run) => {
        const n = lengthOf(run.events, node.axis)
        return { codes: run.registers.codes(depth, n).fill(0, 0, n), dictionary }
      }
    }
    case 'read':
      return loadStrings(node, depth)
    case 'spread': {
      const of = compileStrings(node.of, depth + 1)
      return (run) => {
        const { codes, dictionary } = of(run)
        const out = run.registers.codes(depth, lengthOf(run.events, node.axis))
        spreadInto(codes, run.events.offsets(node.axis), run.events.rows, out)
        return { codes: out, dictionary }
      }
    }
    case 'item': {
      const positions = itemPositions(node.of.axis, compileNumbers(node.index, depth + 1), depth)
      const of = compileStrings(node.of, depth + 1)
      return (run) => {
        const at = positions(run)
        const { codes, dictionary } = of(run)
        const out = run.registers.codes(depth, run.events.rows)
        pick(codes, at, out, run.events.rows, -1)
        return { codes: out, dictionary }
      }
    }
    default:
      throw new TypeError(`${node.kind} is not a string`)
  }
}
