import { z } from 'zod'
import { PRESETS } from '../../models/cutflow/presets.js'

const MOST_CUTS = 64

/** Names of cuts become columns: few, short and plain. */
const Cut = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,47}$/, 'a cut is a small letter, then small letters, digits or _; 48 at most')
  .refine((name) => name !== 'pass', 'pass is the column of all cuts together')

/** What a cut-flow step has besides its name. */
export const cutFlowKeys = {
  cutflow: z
    .union([
      z.enum(PRESETS),
      z.record(Cut, z.string().min(1)).refine((cuts) => {
        const count = Object.keys(cuts).length
        return count >= 1 && count <= MOST_CUTS
      }, `1 to ${MOST_CUTS} cuts are needed`),
    ])
    .describe('a selection by its name, or cut: condition, in the order of the cut-flow'),
  weight: z
    .string()
    .min(1)
    .optional()
    .describe(
      'expression for the weight of an event in the report; the column weight where there is one, else 1',
    ),
  lists: z
    .strictObject({
      leptons: z.string().min(1).default('leptons').describe('list with pt, eta, phi, mass, charge, pdg_id'),
      jets: z.string().min(1).default('jets').describe('list with pt, eta, phi, mass'),
    })
    .prefault({})
    .describe('lists that a named selection reads'),
}
