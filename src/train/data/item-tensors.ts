import type { BoundFeatures, FeatureBuilder, TensorSpec } from '../../models/feature-builder.js'

/** Values of one tensor for `items` items of padded length `length`. */
export const sizeOf = ({ shape }: TensorSpec, items: number, length: number): number =>
  shape.reduce<number>((product, dim) => product * (dim === 'n' ? items : dim === 't' ? length : dim), 1)

/** Components of the last axis; 1 for a mask. */
export const widthOf = ({ shape }: TensorSpec): number => {
  const last = shape.at(-1)
  return shape.length > 1 && typeof last === 'number' ? last : 1
}

/** Reads the features of one item after another without allocating for each. */
export class ItemReader {
  readonly #builder: FeatureBuilder
  readonly #features: BoundFeatures
  readonly #one = new Int32Array(1)
  readonly #tensors: readonly Float32Array[]

  constructor(builder: FeatureBuilder, features: BoundFeatures) {
    this.#builder = builder
    this.#features = features
    const longest = features.lengths?.reduce((most, length) => Math.max(most, length), 1) ?? 1
    this.#tensors = builder.tensors.map((spec) => new Float32Array(sizeOf(spec, 1, longest)))
  }

  /** The tensors of one item, unpadded, in the builder's order; overwritten by the next call. */
  read(item: number): readonly Float32Array[] {
    const length = this.#features.lengths?.[item] ?? 1
    this.#one[0] = item
    this.#features.fill(this.#one, 0, 1, 0, length, this.#tensors)
    return this.#tensors.map((tensor, k) => tensor.subarray(0, sizeOf(this.#builder.tensors[k], 1, length)))
  }
}

/** Whether all features of an item are numbers. x·0 is 0 for every finite x and NaN for the rest. */
export function allFinite(tensors: readonly Float32Array[]): boolean {
  let sum = 0
  for (const tensor of tensors) for (let i = 0; i < tensor.length; i++) sum += tensor[i] * 0
  return sum === 0
}
