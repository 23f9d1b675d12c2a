import type { Task } from '../../../train/recipe.js'
import { wDerivedNames } from '../w-options.js'
import { wParticles } from '../w-particles.js'
import { DERIVED } from '../z-derived.js'
import { zjParticles } from './features.js'
import type { Options } from './options.js'
import { SAMPLES } from './samples.js'

/** Column of the initial state. */
export const INITIAL = 'truth.initial_channel'
/** The same initial state with the beams exchanged, by its code. */
const EXCHANGED = [1, 0, 3, 2, 5, 4, 6, 7, 8]

/** Whether an event's mirror image is as likely as the event: not where it is known from which side a quark comes. */
const hasMirrors = ({ channel, channels, quark_pz }: Options): boolean =>
  !channel && quark_pz === 'any' && (channels?.every((code) => channels.includes(EXCHANGED[code])) ?? true)

/** The features of a final state: builder and its options. */
export function featuresOf(options: Options): Pick<Task, 'builder' | 'builderOptions'> {
  const { leptons, jets, network, channel, boson, neutrino, neutrinos, met, derived } = options
  const isMlp = network.kind === 'mlp'
  const { final, jets: least } = SAMPLES[boson]
  const common = {
    leptons,
    jets,
    layout: isMlp ? 'flat' : 'tokens',
    max_jets: isMlp ? least : Math.max(least, options.max_jets),
    ...(channel && { channel: INITIAL }),
    ...(final !== null && { final, neutrino, ...(neutrino === 'met' ? { met } : { neutrinos }) }),
  }
  const builderOptions = derived === false ? common : { ...common, ...derivedFeatures(options) }
  return { builder: (final === null ? zjParticles : wParticles)(builderOptions), builderOptions }
}

/** What builders are told of derived quantities, where there are any. */
function derivedFeatures(options: Options): Readonly<Record<string, unknown>> {
  const { boson, derived, network, neutrino } = options
  const { final } = SAMPLES[boson]
  const all = final === null ? DERIVED : wDerivedNames(final, neutrino)
  const mirrored = hasMirrors(options)
  return {
    derived: derived === true ? all : derived,
    ...(!mirrored && { derived_side: 'beam' }),
    ...(network.kind === 'mlp' ? { layout: 'derived' } : { oriented: mirrored }),
  }
}
