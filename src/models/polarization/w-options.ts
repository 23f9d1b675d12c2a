import { z } from 'zod'
import { numberRead, type Read } from '../feature-builder.js'
import { momentumReads } from '../momenta.js'
import { type EventLayout, KINEMATICS } from './particles.js'
import type { NeutrinoSource, WDerived } from './w-event.js'
import { wJetDerived } from './w-jet-derived.js'
import { wzDerived } from './wz-derived.js'

/** A W boson and a jet, or W and Z bosons and two jets: leptons and least jets, and what is derived from them. */
export const FINAL_STATES = {
  lnu: { leptons: 1, jets: 1, derived: wJetDerived },
  lnull: { leptons: 3, jets: 2, derived: wzDerived },
} as const satisfies Readonly<Record<string, { leptons: number; jets: number; derived: WDerived }>>
export type FinalState = keyof typeof FINAL_STATES

/** Names of all derived quantities of a final state, in their order. */
export const wDerivedNames = (final: FinalState, neutrino: NeutrinoSource): readonly string[] =>
  FINAL_STATES[final].derived.names(neutrino)

export const WOptions = z
  .strictObject({
    leptons: z.string().default('leptons'),
    jets: z.string().default('jets'),
    /** `lnu`: a W boson and a jet; `lnull`: W and Z bosons and two jets. */
    final: z.enum(['lnu', 'lnull']).default('lnu'),
    neutrino: z.enum(['met', 'truth']).default('met'),
    neutrinos: z.string().default('neutrinos'),
    met: z.string().default('met'),
    /**
     * `flat`: one row of numbers an event; `tokens`: a token for each particle; `derived`: the derived quantities and no
     * momenta.
     */
    layout: z.enum(['flat', 'tokens', 'derived']).default('flat'),
    /** Most jets taken, in the order of the sample; `flat` takes as many as the final state has. */
    max_jets: z.int().positive().max(64).default(16),
    /** Column of the initial state, 0 to 8, as a one-hot tensor beside; none when absent. */
    channel: z.string().optional(),
    /** Quantities of {@link wDerivedNames}, in this order, beside the momenta; true, or `layout: derived`, for all of version 1. */
    derived: z.union([z.boolean(), z.array(z.string()).min(1)]).default(false),
    /** To which side derived quantities count. */
    derived_side: z.enum(['boson', 'beam']).default('boson'),
    /** Whether the momenta of an event and its mirror images are one. */
    oriented: z.boolean().default(false),
  })
  .superRefine(({ derived, final, neutrino }, context) => {
    const names = wDerivedNames(final, neutrino)
    const strange = Array.isArray(derived) ? derived.filter((name) => !names.includes(name)) : []
    if (strange.length === 0) return
    const message = `${strange.join(', ')}: the derived quantities of ${final} with ${neutrino} are ${names.join(', ')}`
    context.addIssue({ code: 'custom', path: ['derived'], message })
  })
export type WOptions = z.infer<typeof WOptions>

/** Charge, and flags for the W boson's lepton, the neutrino, ℓ−, ℓ+ of the Z boson, a jet. */
const FLAGS = 6
export const TOKEN = KINEMATICS + FLAGS

/** The derived quantities that are wanted. */
export function wantedOf({ layout, derived, final, neutrino }: WOptions): readonly string[] {
  if (Array.isArray(derived)) return derived
  return derived || layout === 'derived' ? wDerivedNames(final, neutrino) : []
}

export function wLayout(options: WOptions): EventLayout {
  const { leptons, jets } = FINAL_STATES[options.final]
  return {
    layout: options.layout,
    flat: (leptons + 1 + jets) * KINEMATICS + 1,
    token: TOKEN,
    channel: options.channel !== undefined,
    derived: wantedOf(options),
  }
}

export function wReads(options: WOptions): Read[] {
  const { leptons, jets, final, neutrino, neutrinos, met, channel } = options
  return [
    ...momentumReads(leptons),
    numberRead(`${leptons}.charge`, leptons),
    ...(final === 'lnull' ? [numberRead(`${leptons}.pdg_id`, leptons)] : []),
    ...momentumReads(jets),
    ...(neutrino === 'met'
      ? [numberRead(`${met}.pt`, '', 'GeV'), numberRead(`${met}.phi`, '', 'rad')]
      : momentumReads(neutrinos).slice(0, 3)),
    ...(channel === undefined ? [] : [numberRead(channel, '')]),
  ]
}
