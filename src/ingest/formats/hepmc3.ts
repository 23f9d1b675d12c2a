import { hepmc3Listing } from './hepmc3/batch.js'
import { type TextFormat, textFormat } from './text/format.js'

export const hepmc3Text: TextFormat = {
  name: 'hepmc3',
  extensions: ['.hepmc3.gz', '.hepmc.gz', '.hepmc3', '.hepmc'],
  listing: hepmc3Listing,
}

/** HepMC3 ascii listings, packed or not: all particles, the final state, vertices, weights by name. */
export const hepmc3 = textFormat(hepmc3Text)
