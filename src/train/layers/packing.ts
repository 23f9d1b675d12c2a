import { positionsOf, withoutGradient } from '../trace/index.js'
import {
  cast,
  cumsum,
  customGrad,
  floorDiv,
  gather,
  pad,
  reshape,
  scalar,
  sub,
  sum,
  type Tensor,
  where,
} from '../trace/tf.js'

/**
 * Where the real tokens of padded events stand, so that layers on single tokens may work on rows, one for each real token,
 * events one after another, and never on padding. How many rows there are is known when a graph runs. int32, constants to
 * whoever differentiates.
 */
export interface Packing {
  /** [rows]: the place of each in [batch · length], ascending. */
  readonly places: Tensor
  /** [rows]: the event of each. */
  readonly events: Tensor
  /** [batch, length]: the row of each place, and for padding the number of rows. */
  readonly rows: Tensor
  /** [batch, length], 1 for a real token; float32, as it was given. */
  readonly mask: Tensor
  /** The number of rows, a float32 scalar. */
  readonly count: Tensor
}

/** @param mask [batch, length], zeros and ones in any order. */
export function packing(mask: Tensor): Packing {
  const [batch, length] = mask.shape as number[]
  const [places, events, rows, count] = withoutGradient(() => {
    const real = cast(reshape(mask, [batch * length]), 'bool')
    const places = positionsOf(real)
    const rows = reshape(ranked(real, places.shape[0]), [batch, length])
    return [places, floorDiv(places, scalar(length, 'int32')), rows, cast(sum(real), 'float32')]
  })
  return { places, events, rows, mask, count }
}

/** Of each flag that is true, which of the true ones it is; `rest` for the others. bool [n] to int32 [n]. */
export function ranked(flags: Tensor, rest: number): Tensor {
  const before = sub(cumsum(cast(flags, 'int32'), 0), scalar(1, 'int32'))
  return where(flags, before, scalar(rest, 'int32'))
}

/** Rows of x [n, …] at indices, where the index n names one more row, filled with `rest`. No gradient of its own. */
export function rowsAt(x: Tensor, indices: Tensor, rest = 0): Tensor {
  const amounts = x.shape.map((_, axis): [number, number] => [0, axis === 0 ? 1 : 0])
  return gather(pad(x, amounts, rest), indices as never)
}

/** The real tokens of x [batch, length, …] as rows [rows, …]. Its gradient is a gather as well: padding has none. */
export function packed(x: Tensor, { places, rows }: Packing): Tensor {
  const [batch, length, ...inner] = x.shape as number[]
  const op = customGrad((...args) => {
    const [input, save] = args as unknown as [Tensor, (tensors: Tensor[]) => void]
    save([rows])
    const value = gather(reshape(input, [batch * length, ...inner]), places as never)
    return { value, gradFunc: (dy: Tensor, [at]: Tensor[]) => rowsAt(dy, at) }
  })
  return op(x)
}
