import type { EventFormat } from '../format.js'
import { hdf5 } from './hdf5.js'
import { hepmc3 } from './hepmc3.js'
import { lhe } from './lhe.js'
import { parquet } from './parquet.js'
import { root } from './root.js'

/** The file formats read here. Arrow's own are beside this folder. */
export const formats: readonly EventFormat[] = [parquet, root, hdf5, hepmc3, lhe]
