import type { System } from '../../system.js'
import { sswwKinematics } from './features.js'

/** Longitudinal polarisation in same-sign W boson scattering, by binary classifiers. */
export const sswwPolarization: System = {
  id: 'ssww-polarization',
  title: 'Polarisation of same-sign W boson pairs beside two jets, and their background',
  features: { 'ssww-kinematics': sswwKinematics },
}
