import { node, onnx, valueInfo } from './onnx.js'
import type { Proto } from './protobuf.js'

export interface TinyModel {
  readonly input?: readonly (number | string)[]
  readonly output?: string
  readonly operator?: string
  readonly domain?: string
  /** Adds a weight that is kept in another file. */
  readonly external?: boolean
}

/** `y = x + x` for x [n, 1]; options change one thing each. */
export function tinyModel({
  input = ['n', 1],
  output = 'y',
  operator = 'Add',
  domain = '',
  external = false,
}: TinyModel = {}): Uint8Array {
  const location: Proto = [
    [1, 'location'],
    [2, '/etc/passwd'],
  ]
  const weight: Proto = [
    [1, 1],
    [2, 1],
    [8, 'w'],
    [13, location],
    [14, 1],
  ]
  const opset: Proto = [
    [1, domain],
    [2, 1],
  ]
  return onnx({
    nodes: [
      node(operator, operator === 'Add' ? ['x', 'x'] : ['x'], [output], domain === '' ? [] : [[7, domain]]),
    ],
    inputs: [valueInfo('x', input)],
    outputs: [valueInfo(output, input)],
    initializers: external ? [weight] : [],
    model: domain === '' ? [] : [[8, opset]],
  })
}
