import { fields } from '../protobuf.js'

/** An input or output of a graph; free dimensions are `null`. */
export interface GraphValue {
  readonly name: string
  readonly shape: readonly (number | null)[]
}

/** What a graph takes and gives, and the properties that its exporter wrote beside it. */
export interface OnnxInterface {
  readonly inputs: readonly GraphValue[]
  readonly outputs: readonly GraphValue[]
  readonly metadata: ReadonlyMap<string, string>
}

// onnx/onnx: onnx.proto3
const MODEL_GRAPH = 7
const MODEL_METADATA = 14
const GRAPH_INITIALIZER = 5
const GRAPH_INPUT = 11
const GRAPH_OUTPUT = 12
const TENSOR_NAME = 8
const utf8 = new TextDecoder()

/** @throws SpillwayError MODEL_INVALID where the bytes are not protobuf */
export function onnxInterface(model: Uint8Array, place: string): OnnxInterface {
  const inside = (bytes: Uint8Array | null, number: number): Uint8Array[] =>
    [...fields(bytes ?? new Uint8Array(), place)].flatMap((field) =>
      field.number === number && field.bytes !== null ? [field.bytes] : [],
    )
  const text = (bytes: Uint8Array, number: number): string =>
    utf8.decode(inside(bytes, number)[0] ?? new Uint8Array())
  const dimension = (bytes: Uint8Array): number | null => {
    for (const { number, varint } of fields(bytes, place)) if (number === 1) return varint
    return null
  }
  /** ValueInfoProto: name = 1, type = 2; TypeProto: tensor_type = 1; its shape = 2; TensorShapeProto: dim = 1. */
  const value = (bytes: Uint8Array): GraphValue => {
    const tensor = inside(inside(bytes, 2)[0] ?? null, 1)[0] ?? null
    return { name: text(bytes, 1), shape: inside(inside(tensor, 2)[0] ?? null, 1).map(dimension) }
  }
  const [graph = null] = inside(model, MODEL_GRAPH)
  const constants = new Set(inside(graph, GRAPH_INITIALIZER).map((bytes) => text(bytes, TENSOR_NAME)))
  return {
    inputs: inside(graph, GRAPH_INPUT)
      .map(value)
      .filter(({ name }) => !constants.has(name)),
    outputs: inside(graph, GRAPH_OUTPUT).map(value),
    metadata: new Map(inside(model, MODEL_METADATA).map((bytes) => [text(bytes, 1), text(bytes, 2)])),
  }
}
