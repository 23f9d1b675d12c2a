import type { System } from '../../system.js'
import { zjKinematics } from './features.js'

/** Weights that make one sample look like another, as an operator in the stream. */
export const phaseSpaceReweighting: System = {
  id: 'phase-space-reweighting',
  title: 'Event weights that turn one sample of events into another',
  features: { 'zj-kinematics': zjKinematics },
}
