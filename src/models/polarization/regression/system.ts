import type { System } from '../../system.js'
import { wParticles } from '../w-particles.js'
import { zjParticles } from './features.js'

/** Polarisation fractions of a W or Z boson, event by event, from its decay leptons and the jets beside it. */
export const polarizationRegression: System = {
  id: 'polarization-regression',
  title: 'Longitudinal and transverse polarisation fractions of a W or Z boson, event by event',
  features: { 'zj-particles': zjParticles, 'w-particles': wParticles },
}
