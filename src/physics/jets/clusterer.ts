import { type Cartesian, commonLength, listCount, type Offsets } from '../columns.js'
import { checkDefinition, type JetDefinition } from './definition.js'
import { type ClusterHistory, emptyHistory } from './history.js'
import { ListClusterer } from './list-clusterer.js'

/** From this many particles on tiles pay, if R leaves something outside of them. */
const TILED_FROM = 200
const TILED_RADIUS = 1.5

/**
 * Clusters lists of particles into jets, sequentially and without allocating per list: it owns the scratch
 * memory, which grows to the longest list. Keep one per thread. The answer does not depend on which lists it
 * saw before.
 *
 * Particles that are not finite (NaN, infinite components) never merge: each goes to the beam alone, with
 * d_iB = 0, and the others are clustered as if it were not there. Zero momenta have rapidity 1e5 and so stay
 * alone unless R is very large.
 */
export class Clusterer {
  readonly #lists = new ListClusterer()

  /**
   * Clusters the particles of each list with one definition.
   * @param p4 four-momenta of the particles, GeV
   * @throws SpillwayError KERNEL_INPUT for offsets that do not fit, KERNEL_OPTION for a definition out of range
   */
  cluster(p4: Cartesian, offsets: Offsets, definition: JetDefinition): ClusterHistory {
    const size = commonLength('cluster', { px: p4.px, py: p4.py, pz: p4.pz, e: p4.e })
    const lists = listCount('cluster', offsets, size)
    checkDefinition(definition)
    const tiles = definition.radius <= TILED_RADIUS && definition.recombination !== 'WTA'
    const history = emptyHistory(offsets, size)
    for (let l = 0; l < lists; l++) {
      const first = offsets[l]
      const end = offsets[l + 1]
      const strategy = tiles && end - first >= TILED_FROM ? 'tiled' : 'plain'
      if (end > first) this.#lists.cluster(p4, first, end, definition, strategy, history)
    }
    return history
  }
}
