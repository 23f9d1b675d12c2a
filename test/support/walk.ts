import type { Column, Events } from '#spillway/ingest/columns.js'

/**
 * Walks every column and axis of events and throws where something does not fit: lengths, offsets that fall or do not
 * begin at 0, codes outside their dictionary, floats that are not NaN where they are null.
 */
export function walkEvents(events: Events): void {
  const { axes, columns } = events.schema
  const counts = new Map<string, number>([['', events.rows]])
  for (const axis of axes) {
    const offsets = events.offsets(axis)
    if (offsets[0] !== 0) throw new Error(`axis ${axis} begins at ${offsets[0]}`)
    for (let i = 1; i < offsets.length; i++)
      if (offsets[i] < offsets[i - 1]) throw new Error(`axis ${axis} falls at ${i}`)
    counts.set(axis, offsets[offsets.length - 1])
    // A column `jets.score` of an output is a list of its own, however it is named: the counts decide.
    const around = [...counts.keys()].filter(
      (other) => other !== axis && (other === '' || axis.startsWith(`${other}.`)),
    )
    const fits = around.filter((other) => counts.get(other) === offsets.length - 1)
    if (fits.length === 0)
      throw new Error(`axis ${axis} has ${offsets.length} offsets, which fits none of '${around}'`)
  }
  for (const { path, axis, type } of columns) {
    const column = events.column(path)
    if (column.axis !== axis || column.type !== type)
      throw new Error(`column ${path} is not what its schema says`)
    walkColumn(path, column, counts.get(axis)!)
  }
}

function walkColumn(path: string, column: Column, expected: number): void {
  const { values, valid, type, dictionary } = column
  if (values.length !== expected)
    throw new Error(`column ${path} has ${values.length} values, not ${expected}`)
  if (valid !== null && valid.length !== expected)
    throw new Error(`column ${path} has ${valid.length} validities`)
  for (let i = 0; i < expected; i++) {
    if (valid !== null && valid[i] === 0) {
      if (type.startsWith('float') && !Number.isNaN(values[i]))
        throw new Error(`column ${path} lacks NaN at ${i}`)
    } else if (type === 'utf8' && typeof dictionary![Number(values[i])] !== 'string')
      throw new Error(`column ${path} has code ${values[i]} at ${i}`)
  }
}
