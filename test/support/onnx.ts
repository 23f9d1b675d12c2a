import { type Proto, type ProtoField, proto } from './protobuf.js'

/** onnx.proto3: element types. */
export const FLOAT = 1
export const INT64 = 7
const INT32 = 6
const BOOL = 9

type Dim = number | string

/** A named input or output with its shape; text is a free dimension. */
export function valueInfo(name: string, shape: readonly Dim[], type = FLOAT): Proto {
  const dims = shape.map((dim): ProtoField => [1, [[typeof dim === 'number' ? 1 : 2, dim]]])
  const tensor: Proto = [
    [1, type],
    [2, dims],
  ]
  return [
    [1, name],
    [2, [[1, tensor]]],
  ]
}

export function floats(name: string, dims: readonly number[], values: readonly number[]): Proto {
  return [
    ...dims.map((dim): ProtoField => [1, dim]),
    [2, FLOAT],
    [8, name],
    [9, new Uint8Array(Float32Array.from(values).buffer)],
  ]
}

export function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  more: Proto = [],
): Proto {
  return [
    ...inputs.map((name): ProtoField => [1, name]),
    ...outputs.map((name): ProtoField => [2, name]),
    [4, op],
    ...more,
  ]
}

/** An integer attribute of a node. */
export const intAttribute = (name: string, value: number): ProtoField => [
  5,
  [
    [1, name],
    [3, value],
    [20, 2],
  ],
]

export interface Graph {
  readonly nodes: readonly Proto[]
  readonly inputs: readonly Proto[]
  readonly outputs: readonly Proto[]
  readonly initializers?: readonly Proto[]
  /** More fields of the model. */
  readonly model?: Proto
}

/** The bytes of an ONNX model of opset 17. */
export function onnx({ nodes, inputs, outputs, initializers = [], model = [] }: Graph): Uint8Array {
  const graph: Proto = [
    ...nodes.map((value): ProtoField => [1, value]),
    [2, 'graph'],
    ...initializers.map((value): ProtoField => [5, value]),
    ...inputs.map((value): ProtoField => [11, value]),
    ...outputs.map((value): ProtoField => [12, value]),
  ]
  return proto([[1, 8], [7, graph], [8, [[2, 17]]], ...model])
}

/** y[n, 1] = x[n, F] · weights. */
export const linear = (weights: readonly number[]): Uint8Array =>
  onnx({
    nodes: [node('MatMul', ['x', 'w'], ['y'])],
    initializers: [floats('w', [weights.length, 1], weights)],
    inputs: [valueInfo('x', ['n', weights.length])],
    outputs: [valueInfo('y', ['n', 1])],
  })

/** y[n, 1] = table[x[n, 1]]: the runtime throws for the whole batch where x is not an index of the table. */
export const lookup = (table: readonly number[]): Uint8Array =>
  onnx({
    nodes: [node('Cast', ['x'], ['i'], [intAttribute('to', INT64)]), node('Gather', ['table', 'i'], ['y'])],
    initializers: [floats('table', [table.length], table)],
    inputs: [valueInfo('x', ['n', 1])],
    outputs: [valueInfo('y', ['n', 1])],
  })

/**
 * Brings down the process that loads it: the optimiser works out -2³¹ / -1 in 32 bits, to which x86 answers with
 * SIGFPE. Elsewhere it is a model of x[n, 1] and y[n, 1] like others.
 */
export function crashing(): Uint8Array {
  const whole = (name: string, value: number): Proto => [
    [1, 1],
    [2, INT32],
    [8, name],
    [9, new Uint8Array(Int32Array.of(value).buffer)],
  ]
  return onnx({
    nodes: [
      node('Div', ['least', 'minus_one'], ['beyond']),
      node('Cast', ['beyond'], ['factor'], [intAttribute('to', FLOAT)]),
      node('Mul', ['x', 'factor'], ['y']),
    ],
    initializers: [whole('least', -(2 ** 31)), whole('minus_one', -1)],
    inputs: [valueInfo('x', ['n', 1])],
    outputs: [valueInfo('y', ['n', 1])],
  })
}

/** Takes x[n, 1] and never gives a y: a Loop whose condition stays true. */
export function endless(): Uint8Array {
  const scalar = (name: string, type: number): Proto => [
    [1, name],
    [
      2,
      [
        [
          1,
          [
            [1, type],
            [2, []],
          ],
        ],
      ],
    ],
  ]
  const body: Proto = [
    [1, node('Identity', ['go'], ['go_on'])],
    [1, node('Identity', ['v'], ['v_on'])],
    [2, 'body'],
    [11, scalar('i', INT64)],
    [11, scalar('go', BOOL)],
    [11, valueInfo('v', ['n', 1])],
    [12, scalar('go_on', BOOL)],
    [12, valueInfo('v_on', ['n', 1])],
  ]
  const loop: ProtoField = [
    5,
    [
      [1, 'body'],
      [6, body],
      [20, 5],
    ],
  ]
  const go: Proto = [
    [2, BOOL],
    [8, 'always'],
    [9, Uint8Array.of(1)],
  ]
  return onnx({
    nodes: [node('Loop', ['', 'always', 'x'], ['y'], [loop])],
    initializers: [go],
    inputs: [valueInfo('x', ['n', 1])],
    outputs: [valueInfo('y', ['n', 1])],
  })
}
