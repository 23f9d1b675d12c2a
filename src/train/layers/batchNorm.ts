import type { Tensors } from '../trace/index.js'
import { add, div, expandDims, maximum, mul, rsqrt, square, sub, sum, type Tensor } from '../trace/tf.js'
import { ones, zeros } from './initial.js'
import type { Layer } from './parameters.js'

export interface BatchNormOptions {
  readonly features: number
  /** How much of the running statistics each step replaces; 0.1 unless given. */
  readonly momentum?: number
  readonly epsilon?: number
}

export interface BatchNormOutput {
  readonly output: Tensor
  /** New running statistics, to be returned as `state` from the loss; empty in evaluation. */
  readonly state: Tensors
}

/**
 * Batch normalisation over all axes but the last (Ioffe and Szegedy, arXiv:1502.03167). In training with the
 * statistics of the batch, in evaluation with the running ones. `mask`, of x's leading axes, leaves padding out.
 */
export function batchNorm(
  name: string,
  options: BatchNormOptions,
): Layer<[x: Tensor, training: boolean, mask?: Tensor], BatchNormOutput> {
  const { features, momentum = 0.1, epsilon = 1e-5 } = options
  const names = {
    scale: `${name}/scale`,
    shift: `${name}/shift`,
    mean: `${name}/mean`,
    variance: `${name}/variance`,
  }
  const shape = [features]
  return {
    parameters: {
      [names.scale]: { shape, initial: ones },
      [names.shift]: { shape, initial: zeros },
      [names.mean]: { shape, initial: zeros, trained: false },
      [names.variance]: { shape, initial: ones, trained: false },
    },
    apply: (weights, x, training, mask) => {
      const running = { mean: weights[names.mean], variance: weights[names.variance] }
      const used = training ? momentsOf(x, mask) : running
      const factor = mul(rsqrt(add(used.variance, epsilon)), weights[names.scale])
      const output = add(mul(sub(x, used.mean), factor), weights[names.shift])
      if (!training) return { output, state: {} }
      const moved = (old: Tensor, fresh: Tensor) => add(mul(old, 1 - momentum), mul(fresh, momentum))
      const state = {
        [names.mean]: moved(running.mean, used.mean),
        [names.variance]: moved(running.variance, used.variance),
      }
      return { output, state }
    },
  }
}

function momentsOf(x: Tensor, mask: Tensor | undefined): { mean: Tensor; variance: Tensor } {
  const axes = x.shape.slice(0, -1).map((_, axis) => axis)
  const rows = axes.reduce((product, axis) => product * x.shape[axis], 1)
  const weigh = (t: Tensor) => (mask === undefined ? t : mul(t, expandDims(mask, -1)))
  const count = mask === undefined ? rows : maximum(sum(mask), 1)
  const mean = div(sum(weigh(x), axes), count)
  return { mean, variance: div(sum(weigh(square(sub(x, mean))), axes), count) }
}
