import { type Column, type Events, float32 } from '../../ingest/columns.js'
import type { Column as Floats, Offsets, PtEtaPhiM } from '../../physics/columns.js'

/** A column as kernels read it, without a copy where it holds floats. */
export function floats(events: Events, path: string): Floats {
  const { values } = events.column(path)
  return values instanceof Float64Array ? values : float32(events, path)
}

/** pT, η, φ and mass of a list. */
export function momentaOf(events: Events, list: string): PtEtaPhiM {
  const column = (name: string): Floats => floats(events, `${list}.${name}`)
  return { pt: column('pt'), eta: column('eta'), phi: column('phi'), mass: column('mass') }
}

/** Numbers, null where they are NaN. */
export function numberColumn(values: Float64Array): Column {
  const valid = values.some(Number.isNaN) ? Uint8Array.from(values, (x) => (Number.isNaN(x) ? 0 : 1)) : null
  return { axis: '', type: 'float64', values, valid }
}

/** Elements counted over the batch as positions in the event's list, null for −1: `jets.pt[fid.lead_jet]`. */
export function positionColumn(elements: Int32Array, offsets: Offsets): Column {
  const values = elements.map((i, row) => (i < 0 ? -1 : i - offsets[row]))
  return { axis: '', type: 'int32', values, valid: Uint8Array.from(values, (i) => (i < 0 ? 0 : 1)) }
}

/** Names by their index, null for −1. */
export function nameColumn(codes: Int8Array, dictionary: readonly string[]): Column {
  const values = Int32Array.from(codes, (code) => Math.max(0, code))
  return { axis: '', type: 'utf8', values, valid: Uint8Array.from(codes, (c) => (c < 0 ? 0 : 1)), dictionary }
}
