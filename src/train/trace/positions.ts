import { isTracing } from './operator.js'
import { withoutGradient } from './tape.js'
import { engine, type Tensor, type Tensor1D, tensor1d } from './tf.js'

export const POSITIONS_KERNEL = 'Positions'

/**
 * Where the entries of `flags` (bool, one axis) are true, ascending, int32. How many there are is known only when a graph
 * runs: in a traced one it is a further dynamic axis, as free as those of the inputs, zero included. No gradient.
 */
export function positionsOf(flags: Tensor): Tensor1D {
  if (isTracing()) {
    return withoutGradient(() => engine().runKernel(POSITIONS_KERNEL, { flags }) as unknown as Tensor1D)
  }
  const found: number[] = []
  flags.dataSync().forEach((flag, i) => {
    if (flag !== 0) found.push(i)
  })
  return tensor1d(Int32Array.from(found), 'int32')
}
