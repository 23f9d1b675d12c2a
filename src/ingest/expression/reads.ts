import { parse } from './parse.js'
import type { Syntax } from './syntax.js'

/**
 * The columns and lists that an expression names, in the order they appear, each once. Nothing is looked up.
 * @throws SpillwayError EXPRESSION_INVALID
 */
export function columnsRead(source: string): string[] {
  const found = new Set<string>()
  const visit = (node: Syntax): void => {
    if (node.kind === 'name') found.add(node.path)
    else if (node.kind === 'call') node.args.forEach(visit)
    else if (node.kind === 'binary') [node.left, node.right].forEach(visit)
    else if (node.kind === 'unary') visit(node.of)
    else if (node.kind === 'in') [node.of, ...node.items].forEach(visit)
    else if (node.kind === 'index') [node.of, node.index].forEach(visit)
  }
  visit(parse(source))
  return [...found]
}
