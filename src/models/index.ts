import { h4lClassifier } from './higgs/h4l-classifier/system.js'
import { lundnet } from './jets/lundnet/system.js'
import { polarizationRegression } from './polarization/regression/system.js'
import { sswwPolarization } from './polarization/ssww/system.js'
import { phaseSpaceReweighting } from './reweighting/phase-space/system.js'
import type { System } from './system.js'

/** The plain list of physics systems: what a scorer knows of them. */
export const systems: readonly System[] = [
  polarizationRegression,
  sswwPolarization,
  h4lClassifier,
  lundnet,
  phaseSpaceReweighting,
]
