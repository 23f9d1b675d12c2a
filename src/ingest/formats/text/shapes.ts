import type { Shape } from '../shared/node.js'

/** A double; `unit` as the physics has it. */
export const float = (name: string, unit?: string): Shape => ({
  kind: 'leaf',
  name,
  type: 'float64',
  ...(unit === undefined ? {} : { unit }),
})

export const integer = (name: string): Shape => ({ kind: 'leaf', name, type: 'int32' })

/** A list of records. */
export const records = (name: string, children: readonly Shape[]): Shape => ({
  kind: 'list',
  name,
  item: { kind: 'struct', name: 'item', children },
})
