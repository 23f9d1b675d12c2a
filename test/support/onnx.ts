/** Writes tiny ONNX models (onnx.proto3), as much of them as tests need. */
const text = new TextEncoder()

function varint(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest]
    bytes.push((rest % 128) | 128)
  }
}

const integer = (field: number, value: number): number[] => [...varint(field * 8), ...varint(value)]
const bytes = (field: number, value: ArrayLike<number>): number[] => [
  ...varint(field * 8 + 2),
  ...varint(value.length),
  ...Array.from(value),
]
const string = (field: number, value: string): number[] => bytes(field, text.encode(value))

type Dim = number | string

/** ValueInfoProto of a float tensor. */
function valueInfo(name: string, dims: readonly Dim[]): number[] {
  const shape = dims.flatMap((dim) => bytes(1, typeof dim === 'number' ? integer(1, dim) : string(2, dim)))
  return [...string(1, name), ...bytes(2, bytes(1, [...integer(1, 1), ...bytes(2, shape)]))]
}

export interface TinyModel {
  readonly input?: readonly Dim[]
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
  const node = [
    ...string(1, 'x'),
    ...(operator === 'Add' ? string(1, 'x') : []),
    ...string(2, output),
    ...string(4, operator),
    ...(domain === '' ? [] : string(7, domain)),
  ]
  const weight = [
    ...integer(1, 1),
    ...integer(2, 1),
    ...string(8, 'w'),
    ...bytes(13, [...string(1, 'location'), ...string(2, '/etc/passwd')]),
    ...integer(14, 1),
  ]
  const graph = [
    ...bytes(1, node),
    ...string(2, 'g'),
    ...(external ? bytes(5, weight) : []),
    ...bytes(11, valueInfo('x', input)),
    ...bytes(12, valueInfo(output, input)),
  ]
  const opset = (name: string, version: number) => bytes(8, [...string(1, name), ...integer(2, version)])
  const opsets = [...opset('', 13), ...(domain === '' ? [] : opset(domain, 1))]
  return Uint8Array.from([...integer(1, 8), ...bytes(7, graph), ...opsets])
}
