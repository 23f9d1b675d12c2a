import type { Attribute } from './proto/model.js'
import type { ElementType } from './proto/tensor.js'
import type { Site } from './site.js'

/**
 * What one trace records, in order. Traces at several sizes are lists of equal length whose items differ only in
 * numbers; merge.ts lines them up and turns those numbers into functions of the dynamic axes.
 */
export type Item = InputItem | ConstantItem | ScalarItem | VectorItem | NodeItem

interface ItemBase {
  readonly id: number
  readonly site: Site | undefined
}

/** A graph input. */
export interface InputItem extends ItemBase {
  readonly kind: 'input'
  readonly name: string
  readonly dtype: ElementType
  readonly shape: readonly number[]
}

/** A constant array; must be the same in every trace. */
export interface ConstantItem extends ItemBase {
  readonly kind: 'constant'
  readonly dtype: ElementType
  readonly shape: readonly number[]
  readonly data: ArrayLike<number>
}

/** A scalar that may depend on the sizes (a mean's 1/N, say). */
export interface ScalarItem extends ItemBase {
  readonly kind: 'scalar'
  readonly dtype: ElementType
  readonly value: number
}

/** An int64 vector of sizes: shapes, axes, slice bounds. */
export interface VectorItem extends ItemBase {
  readonly kind: 'vector'
  readonly values: readonly number[]
}

/** One ONNX node. An undefined input is an omitted optional one. */
export interface NodeItem extends ItemBase {
  readonly kind: 'node'
  readonly op: string
  readonly domain: string
  readonly attributes: Readonly<Record<string, Attribute>>
  readonly inputs: readonly (Value | undefined)[]
  readonly outputs: readonly { readonly dtype: ElementType; readonly shape: readonly number[] }[]
}

/** One output of an item, with the shape that it really has (which broadcasting may enlarge later). */
export interface Value {
  readonly item: Item
  readonly index: number
  readonly dtype: ElementType
  readonly shape: readonly number[]
}

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((dim, axis) => dim === b[axis])

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)
