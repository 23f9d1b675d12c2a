import type { OnnxGraph, OnnxNode } from './proto/model.js'

/**
 * One turn of a loop along axis 1 of some tensors, as ONNX nodes over named float32 values. A turn reads the states, its
 * slices, and the constants; it gives the next states, and slices of the results.
 */
export interface ScanBody {
  readonly states: readonly string[]
  readonly slices: readonly string[]
  /** Read in every turn: what ONNX calls values of the outer scope. */
  readonly constants?: readonly string[]
  readonly nodes: readonly OnnxNode[]
  /** One for each state, in their order. */
  readonly next: readonly string[]
  readonly results: readonly string[]
}

/** The body as a graph, its constants still to be bound. */
export function graphOf({ states, slices, constants = [], nodes, next, results }: ScanBody): OnnxGraph {
  const info = (name: string) => ({ name, dtype: 'float32' as const })
  return {
    name: 'turn',
    nodes,
    initializers: [],
    inputs: [...states, ...slices].map(info),
    outputs: [...next, ...results].map(info),
    captured: constants,
  }
}

/**
 * A recorded node as ONNX wants it: a loop's constants are not among its inputs; its body names them as the graph around
 * it does.
 */
export function withBoundBody(node: OnnxNode): OnnxNode {
  const body = node.attributes?.['body']
  if (typeof body !== 'object' || !('graph' in body)) return node
  const { captured = [], ...graph } = body.graph
  const own = node.inputs.length - captured.length
  const outer = new Map(captured.map((name, i) => [name, node.inputs[own + i]]))
  const nodes = graph.nodes.map((inner) => ({
    ...inner,
    inputs: inner.inputs.map((name) => outer.get(name) ?? name),
  }))
  return {
    ...node,
    inputs: node.inputs.slice(0, own),
    attributes: { ...node.attributes, body: { graph: { ...graph, nodes } } },
  }
}
