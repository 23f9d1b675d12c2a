import { type Events, float32 } from '../ingest/columns.js'
import { numberRead, type Read } from './feature-builder.js'

/** Momenta of a list, one entry a particle of all events; GeV and rad. */
export interface Momenta {
  readonly pt: Float32Array
  readonly eta: Float32Array
  readonly phi: Float32Array
  readonly mass: Float32Array
}

/** The columns of a list that {@link momentaOf} takes: pt, eta, phi, mass. */
export const momentumReads = (list: string): Read[] => [
  numberRead(`${list}.pt`, list, 'GeV'),
  numberRead(`${list}.eta`, list),
  numberRead(`${list}.phi`, list, 'rad'),
  numberRead(`${list}.mass`, list, 'GeV'),
]

/** The momenta of a list of events. @throws SpillwayError COLUMN_MISSING, COLUMN_TYPE */
export const momentaOf = (events: Events, list: string): Momenta => ({
  pt: float32(events, `${list}.pt`),
  eta: float32(events, `${list}.eta`),
  phi: float32(events, `${list}.phi`),
  mass: float32(events, `${list}.mass`),
})
