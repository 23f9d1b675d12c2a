import { z } from 'zod'

export const Mlp = z.strictObject({
  kind: z.literal('mlp').describe('A multilayer perceptron over the leptons and the leading jet.'),
  widths: z.array(z.int().positive()).min(1).default([128, 128, 128, 128]).describe('Hidden layers.'),
  activation: z.enum(['gelu', 'relu', 'silu', 'tanh']).default('silu').describe('Between the layers.'),
  dropout: z.number().min(0).lt(1).default(0).describe('Share of activations dropped in training.'),
})
export const Transformer = z.strictObject({
  kind: z.literal('transformer').describe('A transformer with a token for each lepton and jet.'),
  size: z.int().positive().default(64).describe('Size of a token.'),
  heads: z.int().positive().default(4).describe('Attention heads.'),
  blocks: z.int().positive().default(3).describe('Blocks of attention and feed-forward layers.'),
  beside: z
    .array(z.int().positive())
    .min(1)
    .default([128, 128, 128])
    .describe('Hidden layers over the derived quantities, whose outcome every token and the head are told.'),
  dropout: z.number().min(0).lt(1).default(0).describe('Share of activations dropped in training.'),
})
export const NetworkOptions = z.discriminatedUnion('kind', [Mlp, Transformer])
export type NetworkOptions = z.infer<typeof NetworkOptions>

export const LossOptions = z.strictObject({
  kind: z.enum(['mse', 'huber']).default('mse').describe('Squared error, or linear beyond delta.'),
  delta: z.number().positive().default(0.2).describe('Where the Huber loss turns linear.'),
  auxiliary: z
    .enum(['none', 'neutrino-pz', 'w-momentum'])
    .default('none')
    .describe('What else is regressed, from the same layers: the neutrino along the beam, or the W boson.'),
  auxiliary_weight: z.number().positive().default(0.1).describe('Weight of that in the loss.'),
})
export type LossOptions = z.infer<typeof LossOptions>
