import { slice, squeeze, type Tensor } from '../trace/tf.js'

/** The weights of one recurrent layer; gates side by side along the last axis in ONNX's order. */
export interface RecurrentWeights {
  /** [features, gates · units] */
  readonly kernel: Tensor
  /** [units, gates · units] */
  readonly recurrent: Tensor
  /** [2, gates · units]: of the input and of the state. */
  readonly bias: Tensor
}

/** The bias [gates · units] of the input's projection or of the state's. */
export const biasOf = ({ bias }: Pick<RecurrentWeights, 'bias'>, side: 'input' | 'state'): Tensor =>
  squeeze(slice(bias, [side === 'input' ? 0 : 1, 0], [1, -1]), [0])

/** Cuts the last axis into `count` parts of `units`. */
export const parts = (x: Tensor, count: number, units: number): Tensor[] => {
  const leading = x.shape.slice(0, -1)
  return Array.from({ length: count }, (_, i) =>
    slice(x, [...leading.map(() => 0), i * units], [...leading.map(() => -1), units]),
  )
}
