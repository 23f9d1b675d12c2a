import type { System } from '../../system.js'
import { h4lObjects } from './features.js'

/** Production mode of H → ZZ* → 4ℓ candidates, one model an event category. */
export const h4lClassifier: System = {
  id: 'h4l-classifier',
  title: 'Production mode of H → ZZ* → 4ℓ candidates against the ZZ continuum, in one event category',
  features: { 'h4l-objects': h4lObjects },
}
