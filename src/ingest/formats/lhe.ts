import { lheListing } from './lhe/batch.js'
import { type TextFormat, textFormat } from './text/format.js'

export const lheText: TextFormat = { name: 'lhe', extensions: ['.lhe.gz', '.lhe'], listing: lheListing }

/** Les Houches event files, packed or not, with their weights by id. */
export const lhe = textFormat(lheText)
