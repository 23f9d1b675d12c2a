import { type Tensors, withoutGradient } from '../trace/index.js'
import {
  add,
  customGrad,
  div,
  maximum,
  mul,
  reshape,
  rsqrt,
  scalar,
  square,
  sub,
  sum,
  type Tensor,
} from '../trace/tf.js'
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

export interface BatchNorm extends Layer<[x: Tensor, training: boolean, real?: Tensor], BatchNormOutput> {
  /** What it does in evaluation, x · factor + offset, [features] each: for the layer before it to take over. */
  readonly running: (weights: Tensors) => { readonly factor: Tensor; readonly offset: Tensor }
}

/**
 * Batch normalisation over all axes but the last (Ioffe and Szegedy, arXiv:1502.03167). In training with the
 * statistics of the batch, in evaluation with the running ones. `real` says what counts in the statistics: a mask of x's
 * leading axes leaves padding out, which is scaled like the rest; a scalar is the number of rows, all of them real, where
 * only the data tell it. All rows count when it is left out.
 */
export function batchNorm(name: string, options: BatchNormOptions): BatchNorm {
  const { features, momentum = 0.1, epsilon = 1e-5 } = options
  const names = {
    scale: `${name}/scale`,
    shift: `${name}/shift`,
    mean: `${name}/mean`,
    variance: `${name}/variance`,
  }
  const shape = [features]
  const running: BatchNorm['running'] = (weights) => {
    const factor = mul(rsqrt(add(weights[names.variance], epsilon)), weights[names.scale])
    return { factor, offset: sub(weights[names.shift], mul(weights[names.mean], factor)) }
  }
  return {
    parameters: {
      [names.scale]: { shape, initial: ones },
      [names.shift]: { shape, initial: zeros },
      [names.mean]: { shape, initial: zeros, trained: false },
      [names.variance]: { shape, initial: ones, trained: false },
    },
    running,
    apply: (weights, x, training, real) => {
      if (!training) {
        const { factor, offset } = running(weights)
        return { output: add(mul(x, factor), offset), state: {} }
      }
      const [scale, shift] = [weights[names.scale], weights[names.shift]]
      const { output, mean, variance } = normalised(x, scale, shift, real, epsilon)
      const moved = (old: Tensor, fresh: Tensor) => add(mul(old, 1 - momentum), mul(fresh, momentum))
      const state = {
        [names.mean]: moved(weights[names.mean], mean),
        [names.variance]: moved(weights[names.variance], variance),
      }
      return { output, state }
    },
  }
}

/** With the statistics of the batch, which are constants to whoever differentiates them. */
function normalised(x: Tensor, scale: Tensor, shift: Tensor, real: Tensor | undefined, epsilon: number) {
  const features = x.shape.at(-1)!
  const count = x.shape.slice(0, -1).reduce((a, b) => a * b, 1)
  const rows = reshape(x, [count, features])
  const [share, mean, variance] = withoutGradient(() => {
    const share = shareOf(real, count)
    const mean = average(rows, share)
    return [share, mean, average(square(sub(rows, mean)), share)]
  })
  const inverse = withoutGradient(() => rsqrt(add(variance, epsilon)))
  const op = customGrad((...args) => {
    const [input, gamma, beta, save] = args as [Tensor, Tensor, Tensor, (tensors: Tensor[]) => void]
    const centred = sub(input, mean)
    save([centred, gamma, share, inverse])
    return { value: add(mul(centred, mul(gamma, inverse)), beta), gradFunc: gradient }
  })
  return { output: reshape(op(rows, scale, shift), x.shape), mean, variance }
}

/** How much each row counts in the statistics: [rows, 1], or one number for all where nothing is padding. */
function shareOf(real: Tensor | undefined, count: number): Tensor {
  // Not a scalar, so that it multiplies the rows and not their sum: without rows it is infinite.
  if (real === undefined) return reshape(scalar(1 / count), [1])
  if (real.rank === 0) return div(1, maximum(real, 1))
  return reshape(div(real, maximum(sum(real), 1)), [count, 1])
}

const average = (rows: Tensor, share: Tensor): Tensor =>
  share.rank === 0 ? mul(sum(rows, 0), share) : sum(mul(rows, share), 0)

/** Through the statistics too, in half the passes over x that composing it would cost. */
function gradient(dy: Tensor, saved: Tensor[]): Tensor[] {
  const [centred, gamma, share, inverse] = saved
  const ofShift = sum(dy, 0)
  const along = sum(mul(dy, centred), 0)
  const slope = mul(along, square(inverse))
  // One share for all goes into the factors, which are small; that is a pass fewer.
  const common =
    share.rank === 0
      ? add(mul(centred, mul(slope, share)), mul(ofShift, share))
      : mul(add(mul(centred, slope), ofShift), share)
  const dx = mul(sub(dy, common), mul(gamma, inverse))
  return [dx, mul(along, inverse), ofShift]
}
