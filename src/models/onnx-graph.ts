import { SpillwayError } from '../errors.js'
import { fields } from './protobuf.js'

/** What is read of an ONNX file before ONNX Runtime sees it (onnx/onnx: onnx.proto3). */
export interface OnnxGraph {
  /** Domain → opset version. */
  readonly opsets: ReadonlyMap<string, number>
  /** Operators used, subgraphs included. */
  readonly operators: ReadonlySet<string>
  readonly nodes: number
}

const utf8 = new TextDecoder()
const text = (bytes: Uint8Array | null): string => utf8.decode(bytes ?? new Uint8Array())
const MODEL_GRAPH = 7
const MODEL_OPSET = 8
const MODEL_FUNCTION = 25
const GRAPH_NODE = 1
const GRAPH_INITIALIZER = 5
const GRAPH_SPARSE = 15
const FUNCTION_NODE = 7
const NODE_OP = 4
const NODE_ATTRIBUTE = 5
const NODE_DOMAIN = 7
const ATTRIBUTE_TENSORS = [5, 10]
const ATTRIBUTE_GRAPHS = [6, 11]
const ATTRIBUTE_SPARSE = [22, 23]
/** Values and indices of a sparse tensor. */
const SPARSE_TENSORS = [1, 2]
const TENSOR_EXTERNAL = 13
const TENSOR_LOCATION = 14
const MAX_DEPTH = 16

/** Domains whose operators ONNX Runtime brings itself. */
const DOMAINS = new Set(['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft'])

/**
 * Reads a model's operator list and refuses what a scorer must never load: external data (it reads files by path),
 * foreign operator domains, files that are not ONNX.
 * @throws SpillwayError MODEL_INVALID
 */
export function inspectOnnx(model: Uint8Array, place: string): OnnxGraph {
  const opsets = new Map<string, number>()
  const operators = new Set<string>()
  let nodes = 0
  let graphs = 0

  const tensor = (bytes: Uint8Array): void => {
    for (const field of fields(bytes, place)) {
      if (field.number === TENSOR_EXTERNAL || (field.number === TENSOR_LOCATION && field.varint === 1)) {
        throw new SpillwayError('MODEL_INVALID', 'model keeps weights in external data', {
          place,
          remedy: 'Save the model as one file, weights inside.',
        })
      }
    }
  }
  const sparse = (bytes: Uint8Array): void => {
    for (const field of fields(bytes, place))
      if (SPARSE_TENSORS.includes(field.number) && field.bytes !== null) tensor(field.bytes)
  }
  const attribute = (bytes: Uint8Array, depth: number): void => {
    for (const field of fields(bytes, place)) {
      if (field.bytes === null) continue
      if (ATTRIBUTE_TENSORS.includes(field.number)) tensor(field.bytes)
      else if (ATTRIBUTE_SPARSE.includes(field.number)) sparse(field.bytes)
      else if (ATTRIBUTE_GRAPHS.includes(field.number)) graph(field.bytes, depth + 1)
    }
  }
  const node = (bytes: Uint8Array, depth: number): void => {
    let operator = ''
    let domain = ''
    for (const field of fields(bytes, place)) {
      if (field.number === NODE_OP) operator = text(field.bytes)
      else if (field.number === NODE_DOMAIN) domain = text(field.bytes)
      else if (field.number === NODE_ATTRIBUTE && field.bytes !== null) attribute(field.bytes, depth)
    }
    if (!DOMAINS.has(domain)) {
      throw new SpillwayError('MODEL_INVALID', `operator ${operator} is of domain ${domain}`, {
        place,
        remedy: `Only ${[...DOMAINS].filter(Boolean).join(', ')} are loaded.`,
      })
    }
    operators.add(operator)
    nodes++
  }
  const graph = (bytes: Uint8Array, depth: number): void => {
    graphs++
    if (depth > MAX_DEPTH)
      throw new SpillwayError('MODEL_INVALID', 'subgraphs are nested too deeply', { place })
    for (const field of fields(bytes, place)) {
      if (field.bytes === null) continue
      if (field.number === GRAPH_NODE) node(field.bytes, depth)
      else if (field.number === GRAPH_INITIALIZER) tensor(field.bytes)
      else if (field.number === GRAPH_SPARSE) sparse(field.bytes)
    }
  }
  for (const field of fields(model, place)) {
    if (field.bytes === null) continue
    if (field.number === MODEL_GRAPH) graph(field.bytes, 0)
    else if (field.number === MODEL_FUNCTION) {
      for (const part of fields(field.bytes, place))
        if (part.number === FUNCTION_NODE && part.bytes !== null) node(part.bytes, 0)
    } else if (field.number === MODEL_OPSET) {
      let domain = ''
      let version = 0
      for (const part of fields(field.bytes, place)) {
        if (part.number === 1) domain = text(part.bytes)
        else if (part.number === 2) version = part.varint
      }
      opsets.set(domain, version)
    }
  }
  if (graphs === 0 || nodes === 0)
    throw new SpillwayError('MODEL_INVALID', 'not an ONNX file: it holds no graph', { place })
  return { opsets, operators, nodes }
}
