import { sizeOf } from './ir.js'
import { recordOperator } from './operator.js'
import {
  add,
  cast,
  cumsum,
  equal,
  type GradConfig,
  getGradient,
  matMul,
  mul,
  type NamedAttrMap,
  range,
  registerGradient,
  reshape,
  scalar,
  sum,
  type Tensor,
  unregisterGradient,
  unsortedSegmentSum,
  util,
  zeros,
  zerosLike,
} from './tf.js'

/**
 * Gradients that replace TensorFlow.js's while tracing. Its own of Tile and of a batched gather loop in
 * JavaScript over the repetitions and the batch (which unrolls the graph), and it has none of TopK. That of Relu
 * reads the input, so that it has to be kept beside the output, and takes one more pass.
 */
const replacements: readonly GradConfig[] = [
  { kernelName: 'Tile', inputsToSave: ['x'], gradFunc: tileGradient },
  { kernelName: 'GatherV2', inputsToSave: ['x', 'indices'], gradFunc: gatherGradient },
  { kernelName: 'Cumsum', inputsToSave: ['x'], gradFunc: cumsumGradient },
  { kernelName: 'Relu', outputsToSave: [true], gradFunc: reluGradient },
  { kernelName: 'TopK', inputsToSave: ['x'], outputsToSave: [false, true], gradFunc: topKGradient },
]

/** Runs `fn` with the replaced gradients and puts TensorFlow.js's own back after it. */
export function withTraceGradients<T>(fn: () => T): T {
  const before = replacements.map(({ kernelName }) => getGradient(kernelName))
  for (const replacement of replacements) swap(replacement.kernelName, replacement)
  try {
    return fn()
  } finally {
    replacements.forEach(({ kernelName }, i) => {
      swap(kernelName, before[i])
    })
  }
}

function swap(kernelName: string, gradient: GradConfig | undefined): void {
  if (getGradient(kernelName)) unregisterGradient(kernelName)
  if (gradient) registerGradient(gradient)
}

type Gradients = Record<string, () => Tensor>

/** Sums over the repetitions, after giving each repeated axis one axis for the copies. */
function tileGradient(dy: Tensor | Tensor[], [x]: Tensor[], attributes: NamedAttrMap): Gradients {
  const { reps } = attributes as unknown as { reps: number[] }
  return {
    x: () => {
      const split = x.shape.flatMap((dim, axis) => (reps[axis] === 1 ? [dim] : [reps[axis], dim]))
      const copies: number[] = []
      for (let axis = 0, position = 0; axis < reps.length; axis++) {
        if (reps[axis] !== 1) copies.push(position++)
        position++
      }
      return reshape(sum(reshape(dy as Tensor, split), copies), x.shape)
    },
  }
}

/**
 * Adds the gradients of the gathered rows where they came from. Along axis 0 as one segment sum; per batch entry
 * (EdgeConv's neighbours) as a product with a one-hot matrix, which is exact, deterministic and parallel.
 */
function gatherGradient(dy: Tensor | Tensor[], [x, indices]: Tensor[], attributes: NamedAttrMap): Gradients {
  const { axis, batchDims = 0 } = attributes as unknown as { axis: number; batchDims?: number }
  const at = util.parseAxisParam(axis, x.shape)[0]
  const outer = sizeOf(x.shape.slice(0, at))
  const rows = x.shape[at]
  const inner = x.shape.slice(at + 1)
  const gradient = dy as Tensor
  const ids = cast(indices, 'int32')
  return {
    x: () => {
      if (batchDims === at && at > 0) {
        const picked = indices.size / outer
        const hit = equal(reshape(ids, [outer, picked, 1]), range(0, rows, 1, 'int32'))
        const flat = reshape(gradient, [outer, picked, sizeOf(inner)])
        return reshape(matMul(cast(hit, 'float32'), flat, true, false), x.shape)
      }
      const flatIds = reshape(ids, [1, indices.size])
      const base = reshape(mul(range(0, outer, 1, 'int32'), scalar(rows, 'int32')), [outer, 1])
      const positions =
        at === 0 ? reshape(ids, [indices.size]) : reshape(add(flatIds, base), [outer * indices.size])
      const flat = reshape(gradient, [outer * indices.size, ...inner])
      return reshape(unsortedSegmentSum(flat, positions as never, outer * rows), x.shape)
    },
    indices: () => zeros(indices.shape, 'float32'),
  }
}

/** So steep that HardSigmoid, min(1, max(0, alpha y)), is 1 for every positive y that is not denormal. */
const STEEP = 1e38

/** An output of ReLU is never negative: whether it is zero is the derivative, which one pass tells. */
function reluGradient(dy: Tensor | Tensor[], [y]: Tensor[]): Gradients {
  return {
    x: () => {
      const attributes = { alpha: { float: STEEP }, beta: { float: 0 } }
      const outputs = [{ shape: y.shape, dtype: y.dtype }]
      return mul(dy as Tensor, recordOperator({ op: 'HardSigmoid', inputs: [y], outputs, attributes })[0])
    },
  }
}

/** The cumulative sum in the other direction. */
function cumsumGradient(dy: Tensor | Tensor[], [x]: Tensor[], attributes: NamedAttrMap): Gradients {
  const { axis, exclusive, reverse } = attributes as unknown as {
    axis: number
    exclusive: boolean
    reverse: boolean
  }
  const at = util.parseAxisParam(axis, x.shape)[0]
  return { x: () => cumsum(dy as Tensor, at, exclusive, !reverse) }
}

/** Each value's gradient goes to the entry that it was taken from. */
function topKGradient(dys: Tensor | Tensor[], [x, indices]: Tensor[]): Gradients {
  const [dValues] = dys as Tensor[]
  return {
    x: () => {
      const length = x.shape.at(-1)!
      const hit = equal(reshape(indices, [...indices.shape, 1]), range(0, length, 1, 'int32'))
      const spread = mul(cast(hit, 'float32'), reshape(dValues, [...dValues.shape, 1]))
      return dValues.size === 0 ? zerosLike(x) : sum(spread, -2)
    },
  }
}
