import type { Events } from '#spillway/ingest/columns.js'
import type { FeatureBuilder } from '#spillway/models/feature-builder.js'

/** The tensors of all items in one call, padded to `length`, by their names. Starts from rubbish: all must be written. */
export function tensorsOf(builder: FeatureBuilder, events: Events, length = 1): Record<string, number[]> {
  const bound = builder.bind(events)
  const items = Int32Array.from({ length: bound.items }, (_, i) => i)
  const tensors = builder.tensors.map(({ shape }) => {
    const size = shape.reduce<number>(
      (n, dim) => n * (dim === 'n' ? bound.items : dim === 't' ? length : dim),
      1,
    )
    return new Float32Array(size).fill(99)
  })
  bound.fill(items, 0, items.length, 0, length, tensors)
  return Object.fromEntries(builder.tensors.map(({ name }, k) => [name, [...tensors[k]]]))
}
