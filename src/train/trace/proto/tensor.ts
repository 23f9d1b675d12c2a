import type { ProtoWriter } from './writer.js'

/** TensorProto.DataType numbers of the element types that a trace can hold. */
export const elementType = { float32: 1, int32: 6, int64: 7, bool: 9, uint32: 12 } as const

export type ElementType = keyof typeof elementType

export type TensorData = ArrayLike<number> | BigInt64Array

/** A constant of the graph; `data` in row-major order. */
export interface OnnxTensor {
  readonly name?: string
  readonly dtype: ElementType
  readonly dims: readonly number[]
  readonly data: TensorData
}

/** Writes a TensorProto with raw (little-endian) data. */
export function writeTensor(writer: ProtoWriter, tensor: OnnxTensor): void {
  for (const dim of tensor.dims) writer.int(1, dim)
  writer.int(2, elementType[tensor.dtype])
  if (tensor.name) writer.string(8, tensor.name)
  writer.data(9, rawData(tensor))
}

function rawData({ dtype, data }: OnnxTensor): Uint8Array {
  const typed = typedData(dtype, data)
  return new Uint8Array(typed.buffer, typed.byteOffset, typed.byteLength)
}

function typedData(dtype: ElementType, data: TensorData) {
  if (data instanceof BigInt64Array) return data
  switch (dtype) {
    case 'float32':
      return data instanceof Float32Array ? data : Float32Array.from(data)
    case 'int32':
      return data instanceof Int32Array ? data : Int32Array.from(data)
    case 'uint32':
      return Uint32Array.from(data)
    case 'bool':
      return Uint8Array.from(data)
    case 'int64':
      return BigInt64Array.from(Array.from(data, BigInt))
  }
}
