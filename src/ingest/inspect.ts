import { openEvents, type View } from './event-file.js'
import { columnsOf, shapeOfField } from './formats/shared/from-arrow.js'
import { plainValue } from './formats/shared/plain.js'
import { type ColumnSummary, Summary, summarise } from './summary.js'

export interface InspectOptions extends View {
  /** Events that ranges and histograms are taken from. */
  readonly events?: number
  /** Events that are printed. */
  readonly show?: number
  readonly bins?: number
}

/** What `spillway inspect FILE` knows of a file. */
export interface Inspection {
  readonly path: string
  readonly format: string
  readonly inside: string | undefined
  /** `null` where counting would mean reading the whole file. */
  readonly rows: number | null
  readonly metadata: ReadonlyMap<string, string>
  /** Events that the ranges are taken from. */
  readonly looked: number
  readonly columns: readonly ColumnSummary[]
  /** The first events as plain values. */
  readonly events: readonly unknown[]
}

/** Events read at once: few enough for listings of full events. */
const BATCH = 1024

/** Reads the head of a file. @throws SpillwayError as its format does. */
export async function inspectFile(
  path: string,
  { events = 10_000, show = 3, bins = 40, ...view }: InspectOptions = {},
): Promise<Inspection> {
  const file = await openEvents(path, view)
  const summaries = new Map<string, Summary>()
  const first: unknown[] = []
  let looked = 0
  for await (const { raw } of file.read({ batchRows: Math.min(BATCH, events) })) {
    const batch = file.view(raw)
    const shapes = batch.schema.fields.map(shapeOfField)
    const columns = columnsOf(batch)
    shapes.forEach((shape, i) => {
      summarise(shape, shape.name, columns[i], summaries)
    })
    const plain = (i: number) =>
      Object.fromEntries(shapes.map((shape, c) => [shape.name, plainValue(shape, columns[c], i)]))
    for (let i = 0; first.length < show && i < batch.numRows; i++) first.push(plain(i))
    looked += raw.numRows
    if (looked >= events) break
  }
  return {
    path,
    format: file.format,
    inside: file.inside,
    rows: file.rows,
    metadata: file.schema.metadata,
    looked,
    columns: file.schema.columns.map(({ path: name, axis, type, unit }) =>
      (summaries.get(name) ?? new Summary(axis, type)).result(name, unit, bins),
    ),
    events: first,
  }
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const
const blocks = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const

/** One line of text as high as its bins. */
export function sparkline(counts: ArrayLike<number>): string {
  const most = Math.max(1, ...Array.from(counts))
  return Array.from(
    counts,
    (count) => blocks[count === 0 ? 0 : Math.max(1, Math.round((count / most) * 8))],
  ).join('')
}

/** A horizontal bar of `width` characters at `share` 1. */
export function bar(share: number, width: number): string {
  const parts = Math.round(Math.min(1, Math.max(0, share)) * width * 8)
  return '█'.repeat(parts >> 3) + eighths[parts & 7]
}

const short = (value: number): string =>
  Number.isInteger(value) && Math.abs(value) < 1e7 ? String(value) : value.toPrecision(4)

/** The inspection as text for a terminal: head, one line a column with range and histogram, the first events. */
export function formatInspection(inspection: Inspection): string {
  const { path, format, inside, rows, looked, columns, events } = inspection
  const where = inside === undefined ? '' : `, ${inside}`
  const lines = [
    `${path}: ${format}${where}, ${rows ?? 'unknown number of'} events, ${columns.length} columns`,
  ]
  for (const [key, value] of inspection.metadata) {
    lines.push(`  ${key}: ${value.length > 100 ? `${value.slice(0, 97)}…` : value}`)
  }
  lines.push('', `ranges of the first ${looked} events`)
  const width = Math.min(40, Math.max(4, ...columns.map(({ path: name }) => name.length)))
  for (const column of columns) {
    const type = `${column.axis === '' ? '' : '[] '}${column.type}${column.unit === undefined ? '' : ` ${column.unit}`}`
    const range =
      column.least === null || column.most === null ? '—' : `${short(column.least)} … ${short(column.most)}`
    const odd = [
      column.nulls > 0 ? `${column.nulls} null` : '',
      column.notFinite > 0 ? `${column.notFinite} not finite` : '',
    ]
    const notes = odd.filter((note) => note !== '').join(', ')
    const line = `  ${column.path.padEnd(width)} ${type.padEnd(14)} ${range.padEnd(24)} ${sparkline(column.histogram)} ${notes}`
    lines.push(line.trimEnd())
  }
  if (events.length > 0) lines.push('', `first ${events.length} events`)
  for (const event of events) {
    const text = JSON.stringify(event)
    lines.push(`  ${text.length > 400 ? `${text.slice(0, 397)}…` : text}`)
  }
  return `${lines.join('\n')}\n`
}
