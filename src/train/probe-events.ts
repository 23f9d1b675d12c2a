import { encodeSubset } from '../ingest/arrow/index.js'
import type { Column } from '../ingest/columns.js'
import type { Block } from './data/blocks.js'
import { featureBatch } from './data/mini-batches.js'
import type { Sample } from './data/sample.js'
import { reference } from './fit/index.js'
import { predictionOf } from './prove.js'
import type { Network, Task } from './recipe.js'
import { SPLITS } from './score-table.js'
import type { Arrays } from './trace/index.js'

const TEST = SPLITS.indexOf('test')

/**
 * The probe of a bundle: a few real events of the test part, whole, with the answers that TensorFlow.js gives for each
 * of their items, in columns `answer.<column>`. Items that are not in the sample have no answer.
 */
export async function probeEvents(
  task: Task,
  network: Network,
  weights: Arrays,
  sample: Sample,
  count: number,
): Promise<Uint8Array> {
  const { block, rows } = await testRows(sample, count)
  const { bytes } = await sample.blocks.bytes(block.index)
  return encodeSubset(bytes, rows, answers(task, network, weights, block, rows))
}

/** Rows of the first record batch that has enough of them in the test part; of the fullest when none has. */
async function testRows({ blocks }: Sample, count: number): Promise<{ block: Block; rows: Int32Array }> {
  let best: { block: Block; rows: Int32Array } | undefined
  for (let index = 0; index < blocks.count; index++) {
    const block = await blocks.read(index)
    const found = new Set<number>()
    block.parts.forEach((part, item) => {
      if (part === TEST && found.size < count) found.add(block.rows[item])
    })
    if (best === undefined || found.size > best.rows.length)
      best = { block, rows: Int32Array.from(found).sort() }
    if (best.rows.length === count) break
  }
  return best!
}

function answers(
  task: Task,
  network: Network,
  weights: Arrays,
  block: Block,
  rows: Int32Array,
): ReadonlyMap<string, Column> {
  const { axis } = task.builder
  const wanted = new Set(rows)
  const items = Array.from(block.parts.keys()).filter(
    (item) => wanted.has(block.rows[item]) && block.parts[item] === TEST,
  )
  const batch = featureBatch(
    task.builder,
    items.map((item) => ({ block, item })),
  )
  const outputs = reference(predictionOf(task, network), weights, batch)!
  return new Map(
    task.outputs.flatMap(({ name, columns }) =>
      columns.flatMap((column, c) => {
        if (column === null) return []
        const values = new Float32Array(block.parts.length).fill(Number.NaN)
        const valid = new Uint8Array(block.parts.length)
        items.forEach((item, i) => {
          values[item] = outputs[name][i * columns.length + c]
          valid[item] = 1
        })
        return [[`answer.${column}`, { axis, type: 'float32', values, valid } satisfies Column] as const]
      }),
    ),
  )
}
