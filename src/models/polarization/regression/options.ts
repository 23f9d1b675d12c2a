import { z } from 'zod'
import { DERIVED } from '../z-derived.js'
import { LossOptions, NetworkOptions } from './network-options.js'
import { BOSONS } from './samples.js'

/** What is regressed, from what, on which events. */
export const Options = z.strictObject({
  boson: z
    .enum(BOSONS)
    .default('z')
    .describe('Whose polarisation: Z of Z + jets, W of W + jets, or W or Z of WZ + two jets.'),
  leptons: z.string().default('leptons').describe('List of the leptons.'),
  jets: z.string().default('jets').describe('List of the jets.'),
  neutrino: z
    .enum(['met', 'truth'])
    .default('met')
    .describe("With a W boson: the neutrino's transverse momentum alone, or all of the true one."),
  neutrinos: z.string().default('neutrinos').describe('List of the true neutrinos.'),
  met: z.string().default('met').describe('Missing transverse momentum.'),
  max_jets: z.int().positive().default(1).describe('Jets that the transformer sees; 1 for the leading one.'),
  derived: z
    .union([z.boolean(), z.array(z.enum(DERIVED)).min(1)])
    .default(true)
    .describe(
      'Variables, decay angles and those of bosons and jets together as inputs: all, or, of Z + jets, these. The MLP sees them in place of the momenta, the transformer beside them. An event and its mirror images are one then, unless channel, channels or quark_pz tell from which side a quark comes. false: momenta alone, as the source has them.',
    ),
  channel: z
    .boolean()
    .default(false)
    .describe('Give the initial state as an input: an upper limit, no detector knows it.'),
  channels: z
    .array(z.int().min(0).max(8))
    .nullable()
    .default(null)
    .describe('Initial states in the sample, for instance [0, 1] for qg; null for all.'),
  quark_pz: z
    .enum(['any', 'incoming', 'outgoing'])
    .default('any')
    .describe(
      'Take only events in which this quark flies along +z: of the initial state, or the leading jet.',
    ),
  phase_space: z
    .enum(['generator', 'fiducial'])
    .default('generator')
    .describe('Events that it is trained on: all, or what a detector sees. Both are tested on.'),
  pole: z
    .number()
    .positive()
    .nullable()
    .default(10)
    .describe('With a W boson: most distance of the true masses from their poles, GeV; null for any.'),
  frame: z
    .enum(['lab', 'ppfr', 'cs', 'com'])
    .default('lab')
    .describe('Frame of the helicity: laboratory, parton-parton, Collins-Soper, rest frame of two bosons.'),
  network: NetworkOptions.prefault({ kind: 'mlp' }).describe('The network.'),
  loss: LossOptions.prefault({}).describe('What it is fitted by.'),
})
export type Options = z.infer<typeof Options>
