import type { System } from '../../system.js'
import { lundGraphFeatures } from './features.js'

/** Origin of a large-radius jet from its Lund graph. */
export const lundnet: System = {
  id: 'lundnet',
  title: 'W or QCD origin of a large-radius jet from the graph of its splittings (LundNet)',
  features: { 'lund-graph': lundGraphFeatures },
}
