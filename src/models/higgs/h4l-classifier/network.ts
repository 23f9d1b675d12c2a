import { z } from 'zod'
import {
  binaryCrossEntropy,
  crossEntropy,
  deepSets,
  dense,
  gru,
  joined,
  lstm,
  mlp,
  normalise,
  weightedMean,
} from '../../../train/layers/index.js'
import type { Network, SampleStatistics } from '../../../train/recipe.js'
import type { StepContext, Tensors } from '../../../train/trace/index.js'
import { concat, ones, slice, softmax, type Tensor } from '../../../train/trace/tf.js'

const common = {
  units: z.int().positive().default(32).describe('Size of what is learnt of leptons, and of jets.'),
  global: z.array(z.int().positive()).min(1).default([32, 32]).describe('Layers on the global variables.'),
  head: z.array(z.int().positive()).min(1).default([64, 32]).describe('Layers on all of it together.'),
  decay: z
    .array(z.int().positive())
    .min(1)
    .default([32, 32])
    .describe('Layers that learn D_ZZ from decay angles and pair masses.'),
  auxiliary: z
    .number()
    .nonnegative()
    .default(0.3)
    .describe('Weight of the loss of D_ZZ by itself; it is dropped at export.'),
  dropout: z.number().min(0).lt(1).default(0.3).describe('Share of activations dropped in training.'),
}
export const NetworkOptions = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('deep-set').describe('Leptons and jets as unordered sets.'),
    ...common,
    association: z.boolean().default(true).describe('Tell each lepton which Z boson it is from.'),
  }),
  z.strictObject({
    kind: z.literal('rnn').describe('Leptons and jets one after another, by falling pT.'),
    ...common,
    cell: z.enum(['gru', 'lstm']).default('lstm').describe('Recurrent cell.'),
  }),
])
export type NetworkOptions = z.infer<typeof NetworkOptions>

/** ln pT, η, and the Z boson that a lepton is from, which the recurrent network of the source does not see. */
const [KINEMATICS, WITH_ASSOCIATION] = [2, 3]

/** What one set of particles says: [n, particles, features] to [n, units]. */
interface SetBody {
  readonly parameters: Network['parameters']
  readonly apply: (weights: Tensors, x: Tensor) => Tensor
}

function setBody(name: string, options: NetworkOptions, features: number): SetBody {
  const { units } = options
  const mask = (x: Tensor): Tensor => ones([x.shape[0] as number, x.shape[1] as number])
  if (options.kind === 'deep-set') {
    const net = deepSets(name, { features, token: [units, units], set: [units], poolings: ['sum', 'max'] })
    return { parameters: net.parameters, apply: (weights, x) => net.apply(weights, x, mask(x)) }
  }
  const net = (options.cell === 'gru' ? gru : lstm)(name, { features, units })
  return { parameters: net.parameters, apply: (weights, x) => net.apply(weights, x, mask(x)).last }
}

/**
 * Networks on leptons, jets and global variables, then one on all of it: the classes of one event category. D_ZZ, which
 * tells H → ZZ* from the continuum by the decay, is learnt here from what a matrix element would read; where ZZ is a class
 * of the category, it also has a loss of its own.
 */
export function classifier(
  options: NetworkOptions,
  classes: readonly string[],
  { tensors }: SampleStatistics,
): Network {
  const { global: globals, decay: angles, leptons, jets } = tensors
  const seen = options.kind === 'deep-set' && options.association ? WITH_ASSOCIATION : KINEMATICS
  const inputs = {
    leptons: normalise('input/leptons', leptons),
    global: normalise('input/global', globals),
    decay: normalise('input/decay', angles),
  }
  const jetInput = jets && normalise('input/jets', jets)
  const leptonNet = setBody('leptons', options, seen)
  const jetNet = jets && setBody('jets', options, jets.mean.length)
  const decayNet = mlp('decay', { sizes: [angles.mean.length, ...options.decay, 1], activation: 'gelu' })
  const globalNet = mlp('global', {
    sizes: [globals.mean.length + 1, ...options.global],
    activation: 'relu',
    last: 'relu',
  })
  const parts = 1 + (jetNet === undefined ? 0 : 1)
  const joint = mlp('head', {
    sizes: [parts * options.units + options.global.at(-1)!, ...options.head],
    last: 'relu',
    dropout: options.dropout,
  })
  const output = dense('output', { inputs: options.head.at(-1)!, outputs: classes.length })

  const run = (weights: Tensors, batch: Tensors, context?: StepContext) => {
    const discriminant = decayNet.apply(weights, inputs.decay.apply(weights, batch['decay']), context)
    const event = concat([inputs.global.apply(weights, batch['global']), discriminant], -1)
    const four = inputs.leptons.apply(weights, batch['leptons'])
    const found = [
      leptonNet.apply(weights, slice(four, [0, 0, 0], [-1, -1, seen])),
      ...(jetNet && jetInput ? [jetNet.apply(weights, jetInput.apply(weights, batch['jets']))] : []),
      globalNet.apply(weights, event, context),
    ]
    return { discriminant, logits: output.apply(weights, joint.apply(weights, concat(found, -1), context)) }
  }
  const layers = [...Object.values(inputs), leptonNet, decayNet, globalNet, joint, output]
  const zz = classes.indexOf('zz')
  return {
    parameters: joined(...layers, ...(jetInput ? [jetInput] : []), ...(jetNet ? [jetNet] : [])),
    loss: (weights, batch, context) => {
      const { discriminant, logits } = run(weights, batch, context)
      const { weight, 'target.class': truth } = batch
      const terms = { classes: { value: weightedMean(crossEntropy(logits, truth), weight), weight: 1 } }
      if (zz < 0 || options.auxiliary === 0) return { terms }
      const isZz = slice(truth, [0, zz], [-1, 1])
      const each = binaryCrossEntropy(discriminant, isZz).reshape([isZz.shape[0] as number])
      return { terms: { ...terms, d_zz: { value: weightedMean(each, weight), weight: options.auxiliary } } }
    },
    predict: (weights, batch) => ({ probabilities: softmax(run(weights, batch).logits) }),
  }
}
