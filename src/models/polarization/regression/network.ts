import type { z } from 'zod'
import {
  attentionBias,
  attentionPooling,
  dense,
  gelu,
  huber,
  joined,
  type Layer,
  layerNorm,
  mlp,
  normalise,
  squaredError,
  transformerBlock,
  weightedMean,
} from '../../../train/layers/index.js'
import type { LossTerms, Moments, Network, SampleStatistics } from '../../../train/recipe.js'
import type { StepContext, Tensors } from '../../../train/trace/index.js'
import { add, concat, expandDims, mean, slice, type Tensor } from '../../../train/trace/tf.js'
import { CHANNELS } from '../particles.js'
import type { LossOptions, Mlp, NetworkOptions, Transformer } from './network-options.js'
import { AUXILIARY } from './samples.js'

/** A network's numbers per event, r_L and r_T first, those of the auxiliary task after them, and its parameters. */
interface Body {
  readonly parameters: Network['parameters']
  readonly outputs: (weights: Tensors, inputs: Tensors, context?: StepContext) => Tensor
}

const FRACTIONS = 2

/**
 * The regression of (r_L, r_T); r_int = 1 − r_L − r_T is what is left. An auxiliary task shares all layers but the last
 * and has a Huber loss; it is dropped at export.
 */
export function fractionsNetwork(
  network: NetworkOptions,
  loss: LossOptions,
  statistics: SampleStatistics,
): Network {
  const extra = AUXILIARY[loss.auxiliary].length
  const size = FRACTIONS + extra
  const { parameters, outputs } =
    network.kind === 'mlp' ? mlpBody(network, statistics, size) : transformerBody(network, statistics, size)
  const distance = (predicted: Tensor, truth: Tensor): Tensor =>
    loss.kind === 'mse' ? squaredError(predicted, truth) : huber(predicted, truth, loss.delta)
  const fractions = (found: Tensor): Tensor => (extra === 0 ? found : slice(found, [0, 0], [-1, FRACTIONS]))
  return {
    parameters,
    loss: (weights, batch, context) => {
      const found = outputs(weights, batch, context)
      const { weight } = batch
      const losses = mean(distance(fractions(found), batch['target.fractions']), -1)
      const regression = { value: weightedMean(losses, weight), weight: 1 }
      const terms: LossTerms['terms'] = { regression }
      if (extra === 0) return { terms }
      const others = mean(huber(slice(found, [0, FRACTIONS], [-1, extra]), batch['target.auxiliary']), -1)
      const auxiliary = { value: weightedMean(others, weight), weight: loss.auxiliary_weight }
      return { terms: { ...terms, auxiliary } }
    },
    predict: (weights, inputs) => ({ fractions: fractions(outputs(weights, inputs)) }),
  }
}

/** Beside x, the one-hot initial state where the sample has one. */
const withChannel = (x: Tensor, inputs: Tensors): Tensor =>
  inputs['channel'] === undefined ? x : concat([x, inputs['channel']], -1)

/**
 * What the derived quantities [n, D] say, in [n, size]: layers of their own, so that what they tell directly has a short way
 * to the outcome, past the attention ("wide and deep", Cheng et al., arXiv:1606.07792).
 */
function besideTokens(derived: Moments, hidden: readonly number[], size: number): Layer<[Tensor], Tensor> {
  const input = normalise('input/derived', derived)
  const net = mlp('beside', { sizes: [derived.mean.length, ...hidden, size], activation: 'silu' })
  return {
    parameters: joined(input, net),
    apply: (weights, x) => net.apply(weights, input.apply(weights, x)),
  }
}

function mlpBody(
  { widths, activation, dropout }: z.infer<typeof Mlp>,
  { tensors }: SampleStatistics,
  outputs: number,
): Body {
  const { momenta, derived, channel } = tensors
  const seen = [
    ...(momenta === undefined ? [] : [{ name: 'momenta', input: normalise('input', momenta) }]),
    ...(derived === undefined ? [] : [{ name: 'derived', input: normalise('input/derived', derived) }]),
  ]
  const sizes = [momenta, derived, channel].map((moments) => moments?.mean.length ?? 0)
  const inside = sizes.reduce((a, b) => a + b, 0)
  const net = mlp('net', { sizes: [inside, ...widths, outputs], activation, dropout })
  return {
    parameters: joined(...seen.map(({ input }) => input), net),
    outputs: (weights, inputs, context) => {
      const parts = seen.map(({ name, input }) => input.apply(weights, inputs[name]))
      const known = parts.length === 1 ? parts[0] : concat(parts, -1)
      return net.apply(weights, withChannel(known, inputs), context)
    },
  }
}

function transformerBody(
  { size, heads, blocks, beside, dropout }: z.infer<typeof Transformer>,
  { tensors }: SampleStatistics,
  outputs: number,
): Body {
  const { particles, channel, derived } = tensors
  const input = normalise('input', particles)
  const embed = dense('embed', { inputs: particles.mean.length, outputs: size })
  const known = derived === undefined ? null : besideTokens(derived, beside, size)
  const layers = Array.from({ length: blocks }, (_, i) =>
    transformerBlock(`block${i}`, { size, heads, dropout }),
  )
  const norm = layerNorm('norm', size)
  const pool = attentionPooling('pool', size)
  const inside = size + (known === null ? 0 : size) + (channel === undefined ? 0 : CHANNELS)
  const head = mlp('head', { sizes: [inside, size, outputs], activation: 'gelu' })
  return {
    parameters: joined(input, embed, ...(known === null ? [] : [known]), ...layers, norm, pool, head),
    outputs: (weights, inputs, context) => {
      const { mask } = inputs
      const bias = attentionBias(mask)
      const own = embed.apply(weights, input.apply(weights, inputs['particles'], mask))
      const told = known === null ? null : known.apply(weights, inputs['derived'])
      const tokens = gelu(told === null ? own : add(own, expandDims(told, 1)))
      const deep = layers.reduce((h, block) => block.apply(weights, h, bias, context), tokens)
      const event = pool.apply(weights, norm.apply(weights, deep), mask)
      const whole = told === null ? event : concat([event, told], -1)
      return head.apply(weights, withChannel(whole, inputs))
    },
  }
}
