import { batches, decodeMessage } from '../ingest/arrow/index.js'
import type { Column, Events } from '../ingest/columns.js'
import type { Block } from './data/blocks.js'
import { MOST } from './data/blocks.js'
import type { Task } from './recipe.js'
import { type ScoreTable, scoreTable } from './score-table.js'

/** Items of one block with what a model says of them, an entry an item in each column. */
export interface ScoredItems {
  readonly block: Block
  readonly items: Int32Array
  readonly scores: Readonly<Record<string, Float32Array>>
}

const floats = (values: Float32Array): Column => ({ axis: '', type: 'float32', values, valid: null })
const bytes = (values: Uint8Array): Column => ({ axis: '', type: 'uint8', values, valid: null })

/**
 * The columns of scored items, a row an item: `event`, `split` (index of train, validation, test), `weight`, `class`,
 * the recipe's quantities by their names, `target.<component>`, `score.<column>`.
 */
export function scoreColumns(
  task: Task,
  event: string,
  { block, items, scores }: ScoredItems,
): ReadonlyMap<string, Column> {
  const { labels, rows, parts, events } = block
  const numbers = events.column(event).values
  const chosen = (values: Float32Array, width = 1, component = 0): Column =>
    floats(Float32Array.from(items, (item) => values[item * width + component]))
  const targets = Object.entries(task.targets).flatMap(([name, components]) =>
    components.map(
      (component, c) => [`target.${component}`, chosen(labels.targets[name], components.length, c)] as const,
    ),
  )
  const event64 = BigUint64Array.from(
    Array.from(items, (item) => BigInt.asUintN(64, BigInt(numbers[rows[item]]))),
  )
  return new Map<string, Column>([
    ['event', { axis: '', type: 'uint64', values: event64, valid: null }],
    ['split', bytes(Uint8Array.from(items, (item) => parts[item]))],
    ['weight', chosen(labels.weights)],
    ['class', bytes(Uint8Array.from(items, (item) => labels.classes[item]))],
    ...task.extras.map((name) => [name, chosen(labels.extras[name])] as const),
    ...targets,
    ...Object.entries(scores).map(([name, values]) => [`score.${name}`, floats(values)] as const),
  ])
}

/** Reads a file of scores back, all but the event numbers, which need more digits than a number has. */
export async function readScores(path: string): Promise<ScoreTable> {
  const parts: Events[] = []
  for await (const { bytes: batch } of batches(path)) parts.push(decodeMessage(batch, MOST))
  const names = (parts[0]?.schema.columns ?? [])
    .map((column) => column.path)
    .filter((name) => name !== 'event')
  const rows = parts.reduce((sum, part) => sum + part.rows, 0)
  const columns = names.map((name) => {
    const joined = new Float64Array(rows)
    let at = 0
    for (const part of parts) {
      joined.set(Array.from(part.column(name).values, Number), at)
      at += part.rows
    }
    return [name, joined] as const
  })
  return scoreTable(new Map(columns))
}
