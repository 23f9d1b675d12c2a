import type { Content, TraceBackend } from './backend.js'
import { sameShape, type Value } from './ir.js'
import type { Attribute } from './proto/model.js'
import { type ElementType, elementType } from './proto/tensor.js'
import { backend_util, type DataType, type TensorInfo, util } from './tf.js'
import type { Trace } from './trace.js'

/**
 * What kernels record with: tensors in, ONNX values between, tensors out.
 *
 * Broadcasting is lazy: a tensor of shape [B, N, F] may be held by a value of shape [F]. Elementwise kernels use
 * `loose` (any broadcastable value), the others `exact` (a value of the tensor's own shape).
 */
export class Recorder {
  readonly #backend: TraceBackend
  readonly trace: Trace

  constructor(backend: TraceBackend) {
    this.#backend = backend
    this.trace = backend.trace
  }

  content(tensor: TensorInfo): Content {
    return this.#backend.content(tensor.dataId)
  }

  /** The number that fills the tensor, when it is known to be only one. */
  uniformOf(tensor: TensorInfo): number | undefined {
    const content = this.content(tensor)
    return content.kind === 'uniform' ? content.number : undefined
  }

  loose(tensor: TensorInfo): Value {
    const content = this.content(tensor)
    if (content.kind === 'recorded') return content.value
    if (content.kind === 'uniform') return this.scalar(content.number, tensor.dtype)
    return this.trace.constant(content.values, tensor.shape, elementTypeOf(tensor.dtype))
  }

  exact(tensor: TensorInfo): Value {
    const value = this.loose(tensor)
    if (sameShape(value.shape, tensor.shape)) return value
    const offset = tensor.shape.length - value.shape.length
    // Expand broadcasts: a 1 where the value already has the size keeps that size, also when it is dynamic.
    const target = tensor.shape.map((dim, axis) =>
      axis >= offset && value.shape[axis - offset] === dim ? 1 : dim,
    )
    return this.node('Expand', [value, this.sizes(target)], tensor.shape, value.dtype)
  }

  scalar(number: number, dtype: DataType | ElementType): Value {
    return this.trace.scalar(number, elementTypeOf(dtype))
  }

  sizes(values: readonly number[]): Value {
    return this.trace.sizes(values)
  }

  node(
    op: string,
    inputs: readonly Value[],
    shape: readonly number[],
    dtype: DataType | ElementType,
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): Value {
    return this.trace.node(op, inputs, shape, elementTypeOf(dtype), attributes, domain)
  }

  /** A node whose output has the inputs' broadcast shape and, unless given, the first input's type. */
  elementwise(
    op: string,
    inputs: readonly Value[],
    dtype: DataType | ElementType = inputs[0].dtype,
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): Value {
    const shape = inputs
      .map((value) => value.shape as number[])
      .reduce((a, b) => backend_util.assertAndGetBroadcastShape(a, b))
    return this.node(op, inputs, shape, dtype, attributes, domain)
  }

  cast(value: Value, dtype: DataType | ElementType): Value {
    const type = elementTypeOf(dtype)
    if (value.dtype === type) return value
    return this.node('Cast', [value], value.shape, type, { to: elementType[type] })
  }

  zeros(shape: readonly number[], dtype: DataType): Value {
    return this.exact(this.uniform(0, shape, dtype))
  }

  /** A tensor of the given shape (the value's own unless given) that holds `value`. */
  result(
    value: Value,
    shape: readonly number[] = value.shape,
    dtype: DataType = dataTypeOf(value),
  ): TensorInfo {
    return this.#tensor({ kind: 'recorded', value }, shape, dtype)
  }

  uniform(number: number, shape: readonly number[], dtype: DataType): TensorInfo {
    return this.#tensor({ kind: 'uniform', number, count: util.sizeFromShape([...shape]) }, shape, dtype)
  }

  /** The same content under another shape, to which it must broadcast. */
  alias(tensor: TensorInfo, shape: readonly number[] = tensor.shape): TensorInfo {
    const content = this.content(tensor)
    if (content.kind === 'uniform') return this.uniform(content.number, shape, tensor.dtype)
    if (content.kind === 'array' && !sameShape(shape, tensor.shape)) {
      return this.result(this.loose(tensor), shape, tensor.dtype)
    }
    return this.#tensor(content, shape, tensor.dtype)
  }

  /** The same array or number read as another shape of equal size (a reshape of what is known). */
  reinterpret(tensor: TensorInfo, shape: readonly number[]): TensorInfo {
    return this.#tensor(this.content(tensor), shape, tensor.dtype)
  }

  #tensor(content: Content, shape: readonly number[], dtype: DataType): TensorInfo {
    return { dataId: this.#backend.store(content, dtype), shape: [...shape], dtype }
  }
}

export function elementTypeOf(dtype: DataType | ElementType): ElementType {
  if (dtype === 'string' || dtype === 'complex64') throw new Error(`type ${dtype} cannot be traced`)
  return dtype
}

function dataTypeOf(value: Value): DataType {
  if (value.dtype === 'int64' || value.dtype === 'uint32') {
    throw new Error(`a ${value.dtype} value cannot be a TensorFlow.js tensor`)
  }
  return value.dtype
}
