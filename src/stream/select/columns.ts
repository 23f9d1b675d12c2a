import { SpillwayError } from '../../errors.js'
import type { ColumnSpec, EventSchema } from '../../ingest/columns.js'
import { isEventNumber } from '../../ingest/draw/event-numbers.js'
import { nearest } from '../../ingest/nearest.js'
import type { Chain } from './chain.js'

/** Columns that a menu of these chains writes. */
export function producedBy(chains: readonly Pick<Chain, 'name' | 'steered'>[]): ColumnSpec[] {
  const bool = (name: string): ColumnSpec => ({ path: `select.${name}`, axis: '', type: 'bool' })
  const perChain = chains.flatMap(({ name, steered }): ColumnSpec[] =>
    steered ? [bool(name), { path: `select.${name}_threshold`, axis: '', type: 'float64' }] : [bool(name)],
  )
  return [...perChain, bool('pass_through'), bool('accept')]
}

/** @throws SpillwayError CONFIG_INVALID when the events already have one of the columns that the menu writes. */
export function refuseClash(paths: readonly string[], schema: EventSchema): void {
  const clash = schema.columns.find(({ path }) => paths.includes(path))
  if (clash === undefined) return
  throw new SpillwayError('CONFIG_INVALID', `the events already have a column ${clash.path}`, {
    place: 'select.chains',
    remedy: 'Rename the chain, or the column where it is made.',
  })
}

/** @throws SpillwayError COLUMN_MISSING with the nearest names, or COLUMN_TYPE when it is not one integer per event. */
export function requireEventNumber(path: string, { columns }: EventSchema): void {
  const spec = columns.find((column) => column.path === path)
  const place = 'select.event_number'
  if (spec === undefined) {
    const names = columns.map((column) => column.path)
    const near = nearest(path, names)
    const hint = near.length > 0 ? `; near: ${near.join(', ')}` : ''
    throw new SpillwayError('COLUMN_MISSING', `no column ${path} to draw prescales by${hint}`, { place })
  }
  if (!isEventNumber(spec))
    throw new SpillwayError('COLUMN_TYPE', `column ${path} is ${spec.type}; an integer per event is needed`, {
      place,
    })
}
