import { type ElementType, elementType, type OnnxTensor, writeTensor } from './tensor.js'
import { ProtoWriter } from './writer.js'

/** An attribute value: a plain number is an INT, `{ float }` a FLOAT, a list of numbers INTS, `{ graph }` the body of a loop. */
export type Attribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly tensor: OnnxTensor }
  | { readonly graph: OnnxGraph }

export interface OnnxNode {
  readonly op: string
  readonly domain?: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes?: Readonly<Record<string, Attribute>>
}

/** A graph input or output; a string dimension is symbolic, and the body of a loop may leave the shape open. */
export interface ValueInfo {
  readonly name: string
  readonly dtype: ElementType
  readonly shape?: readonly (number | string)[]
}

export interface OnnxGraph {
  readonly name: string
  readonly nodes: readonly OnnxNode[]
  readonly initializers: readonly OnnxTensor[]
  readonly inputs: readonly ValueInfo[]
  readonly outputs: readonly ValueInfo[]
  /** In the body of a loop: names that stand for values of the graph around it, until they are bound. */
  readonly captured?: readonly string[]
}

export interface ModelOptions {
  readonly opset: number
  readonly producer: string
  readonly metadata?: Readonly<Record<string, string>>
}

const IR_VERSION = 8
const CONTRIB = 'com.microsoft'

/** Encodes a ModelProto (onnx.proto, IR version 8). The contrib domain is imported only when a node uses it. */
export function encodeModel(graph: OnnxGraph, options: ModelOptions): Uint8Array {
  const writer = new ProtoWriter(1 << 16)
  writer.int(1, IR_VERSION)
  writer.string(2, options.producer)
  writer.message(7, (inner) => writeGraph(inner, graph))
  writer.message(8, (inner) => writeOpset(inner, '', options.opset))
  if (graph.nodes.some((node) => node.domain === CONTRIB)) {
    writer.message(8, (inner) => writeOpset(inner, CONTRIB, 1))
  }
  for (const [key, value] of Object.entries(options.metadata ?? {})) {
    writer.message(14, (inner) => {
      inner.string(1, key)
      inner.string(2, value)
    })
  }
  return Uint8Array.from(writer.bytes())
}

function writeOpset(writer: ProtoWriter, domain: string, version: number): void {
  writer.string(1, domain)
  writer.int(2, version)
}

function writeGraph(writer: ProtoWriter, graph: OnnxGraph): void {
  for (const node of graph.nodes) writer.message(1, (inner) => writeNode(inner, node))
  writer.string(2, graph.name)
  for (const tensor of graph.initializers) writer.message(5, (inner) => writeTensor(inner, tensor))
  for (const value of graph.inputs) writer.message(11, (inner) => writeValueInfo(inner, value))
  for (const value of graph.outputs) writer.message(12, (inner) => writeValueInfo(inner, value))
}

function writeNode(writer: ProtoWriter, node: OnnxNode): void {
  for (const name of node.inputs) writer.string(1, name)
  for (const name of node.outputs) writer.string(2, name)
  writer.string(3, node.outputs.find((name) => name !== '') ?? node.op)
  writer.string(4, node.op)
  for (const [name, value] of Object.entries(node.attributes ?? {})) {
    writer.message(5, (inner) => writeAttribute(inner, name, value))
  }
  if (node.domain) writer.string(7, node.domain)
}

function writeAttribute(writer: ProtoWriter, name: string, value: Attribute): void {
  writer.string(1, name)
  if (typeof value === 'number') {
    writer.int(3, value)
    writer.int(20, 2)
  } else if (typeof value === 'string') {
    writer.data(4, Buffer.from(value))
    writer.int(20, 3)
  } else if ('float' in value) {
    writer.float(2, value.float)
    writer.int(20, 1)
  } else if ('tensor' in value) {
    writer.message(5, (inner) => writeTensor(inner, value.tensor))
    writer.int(20, 4)
  } else if ('graph' in value) {
    writer.message(6, (inner) => writeGraph(inner, value.graph))
    writer.int(20, 5)
  } else {
    for (const item of value) writer.int(8, item)
    writer.int(20, 7)
  }
}

function writeValueInfo(writer: ProtoWriter, value: ValueInfo): void {
  writer.string(1, value.name)
  writer.message(2, (type) => {
    type.message(1, (tensorType) => {
      tensorType.int(1, elementType[value.dtype])
      if (value.shape === undefined) return
      const { shape: dims } = value
      tensorType.message(2, (shape) => {
        for (const dim of dims) {
          shape.message(1, (inner) => (typeof dim === 'string' ? inner.string(2, dim) : inner.int(1, dim)))
        }
      })
    })
  })
}
