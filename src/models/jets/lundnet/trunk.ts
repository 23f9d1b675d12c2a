import {
  batchNorm,
  denseNorm,
  edgeConv,
  edgeConvNorm,
  joined,
  mlp,
  normalise,
  type Parameters,
} from '../../../train/layers/index.js'
import type { Moments } from '../../../train/recipe.js'
import type { Tensors } from '../../../train/trace/index.js'
import { concat, log, maximum, relu, slice, type Tensor } from '../../../train/trace/tf.js'
import type { Graphs } from './graph.js'

/** What the part of LundNet that works on splittings reads. */
export type Graph = Pick<Graphs, 'nodes' | 'edges'>

/** From the splittings of jets to `fusion` numbers of each, the outputs of all EdgeConv blocks joined. */
export interface Trunk {
  readonly parameters: Parameters
  /** `state` holds new running statistics, in training. */
  readonly apply: (
    weights: Tensors,
    graph: Graph,
    training: boolean,
  ) => { readonly output: Tensor; readonly state: Tensors }
}

export interface TrunkOptions {
  readonly blocks: readonly number[]
  readonly fusion: number
}

/** Widths before and of each block. */
const pairsOf = (features: number, blocks: readonly number[]) =>
  blocks.map((width, i) => ({ features: i === 0 ? features : blocks[i - 1], widths: [width, width] }))

const total = (blocks: readonly number[]): number => blocks.reduce((a, b) => a + b, 0)

/** Without normalisation but that of the inputs, by the training sample. */
export function plainTrunk(moments: Moments, { blocks, fusion }: TrunkOptions): Trunk {
  const input = normalise('input', moments)
  const layers = pairsOf(moments.mean.length, blocks).map((pair, i) => edgeConv(`edge${i}`, pair))
  const fuse = mlp('fuse', { sizes: [total(blocks), fusion], last: 'relu' })
  return {
    parameters: joined(input, ...layers, fuse),
    apply: (weights, { nodes, edges }) => {
      const outputs: Tensor[] = []
      layers.reduce(
        (x, layer) => {
          const y = layer.apply(weights, x, edges)
          outputs.push(y)
          return y
        },
        input.apply(weights, nodes),
      )
      return { output: fuse.apply(weights, concat(outputs, -1)), state: {} }
    },
  }
}

/** Normalised by the batch where LundNet's authors do it (arXiv:2012.08526): inputs, edges, shortcuts, fusion. */
export function normalisedTrunk(features: number, { blocks, fusion }: TrunkOptions): Trunk {
  const input = batchNorm('input', { features })
  const layers = pairsOf(features, blocks).map((pair, i) => edgeConvNorm(`edge${i}`, pair))
  const fuse = denseNorm('fuse', { inputs: total(blocks), outputs: fusion })
  return {
    parameters: joined(input, ...layers, fuse),
    apply: (weights, { nodes, edges }, training) => {
      const first = input.apply(weights, withLogShare(nodes), training, edges.points)
      const states = [first.state]
      const outputs: Tensor[] = []
      layers.reduce((x, layer) => {
        const { output, state } = layer.apply(weights, x, edges, training)
        outputs.push(output)
        states.push(state)
        return output
      }, first.output)
      const fused = fuse.apply(weights, concat(outputs, -1), training, edges.points)
      return {
        output: relu(fused.output),
        state: Object.fromEntries([...states, fused.state].flatMap((state) => Object.entries(state))),
      }
    },
  }
}

/** Where z stands among the features of a splitting. */
const SHARE = 2
/** Below it the softer branch is all but nothing; padding has 0. */
const LEAST_SHARE = 1e-4

/** Splittings with ln z in the place of z, as the authors have it: soft ones differ by orders of magnitude. */
function withLogShare(nodes: Tensor): Tensor {
  const leading = nodes.shape.slice(1)
  const part = (from: number, size: number) =>
    slice(nodes, [...leading.map(() => 0), from], [...leading.map(() => -1), size])
  const share = log(maximum(part(SHARE, 1), LEAST_SHARE))
  return concat([part(0, SHARE), share, part(SHARE + 1, nodes.shape.at(-1)! - SHARE - 1)], -1)
}
