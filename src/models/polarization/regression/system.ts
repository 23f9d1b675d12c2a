import type { System } from '../../system.js'
import { zjParticles } from './features.js'

/** Polarisation fractions of a Z boson, event by event, from its decay leptons and the jets beside it. */
export const polarizationRegression: System = {
  id: 'polarization-regression',
  title: 'Longitudinal and transverse polarisation fractions of the Z boson in Z + jets events',
  features: { 'zj-particles': zjParticles },
}
