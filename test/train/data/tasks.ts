import { encodeColumns } from '#spillway/ingest/arrow/index.js'
import type { Column } from '#spillway/ingest/columns.js'
import { numberRead } from '#spillway/models/feature-builder.js'
import { columnTensors } from '#spillway/models/features/columns.js'
import type { Task } from '#spillway/train/recipe.js'
import { writeArrow } from '../../support/arrow-files.js'
import { columnOf } from '../../support/events.js'

/** A sample written down: `x` is the input, `class` 0 or 1, `weight` and `mass` as they are called. */
export interface Row {
  readonly event: number
  readonly x: number
  readonly class?: number
  readonly weight?: number
  readonly mass?: number
}

const OPTIONS = { tensors: [{ name: 'x', columns: ['x'] }] }

/** A task on such a sample; `keep` decides which rows belong to it. */
export function task(keep: (row: number) => number = () => 1): Task {
  const builder = columnTensors(OPTIONS)
  return {
    builder,
    builderOptions: OPTIONS,
    labelReads: ['class', 'weight', 'mass'].map((path) => numberRead(path, '')),
    targets: { y: ['y'] },
    classes: ['zero', 'one'],
    extras: ['mass'],
    label: (events) => {
      const floats = (path: string) => Float32Array.from(events.column(path).values as Float32Array)
      return {
        keep: Uint8Array.from({ length: events.rows }, (_, row) => keep(row)),
        targets: { y: floats('x').map((x) => 2 * x) },
        weights: floats('weight'),
        classes: Uint8Array.from(floats('class')),
        extras: { mass: floats('mass') },
      }
    },
    network: () => {
      throw new Error('not in this test')
    },
    outputs: [{ name: 'y', columns: ['y'] }],
    metrics: () => ({}),
  }
}

/** Writes rows as an Arrow file of record batches of `size`. */
export function writeRows(path: string, rows: readonly Row[], size = 50): Promise<string> {
  const streams = Array.from({ length: Math.ceil(rows.length / size) }, (_, i) => {
    const some = rows.slice(i * size, (i + 1) * size)
    const floats = (value: (row: Row) => number): Column => columnOf('', 'float32', some.map(value))
    const columns = new Map<string, Column>([
      [
        'event',
        columnOf(
          '',
          'uint64',
          some.map(({ event }) => BigInt(event)),
        ),
      ],
      ['x', floats(({ x }) => x)],
      ['class', floats((row) => row.class ?? row.event % 2)],
      ['weight', floats(({ weight = 1 }) => weight)],
      ['mass', floats(({ mass = 1 }) => mass)],
    ])
    return encodeColumns(some.length, columns, new Map(), new Map())
  })
  return writeArrow(path, streams)
}

export const rowsOf = (count: number, row: (event: number) => Omit<Row, 'event'>): Row[] =>
  Array.from({ length: count }, (_, event) => ({ event, ...row(event) }))
