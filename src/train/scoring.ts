import { ArrowFileWriter, encodeColumns } from '../ingest/arrow/index.js'
import { featureBuilder } from '../models/features/index.js'
import type { Bundle } from '../models/manifest.js'
import { inspectOnnx } from '../models/onnx-graph.js'
import { loadSession } from '../models/provider.js'
import { makeScorer, type Scorer } from '../models/scorer.js'
import { type Block, type Blocks, itemsIn } from './data/blocks.js'
import type { Task } from './recipe.js'
import { type ScoredItems, scoreColumns } from './score-file.js'
import { SPLITS, type Split } from './score-table.js'

/** The same as a pipeline's model step takes unless told otherwise. */
const BATCH = { rows: 512, tokens: 16_384, reproducible: false }

/** The scorer that a pipeline would use, on one CPU thread. @throws SpillwayError MODEL_INVALID */
export async function openScorer({ manifest, model, origin }: Bundle): Promise<Scorer> {
  inspectOnnx(model, origin)
  const { builder, version, options } = manifest.features
  const session = await loadSession(model, { provider: 'cpu', threads: 1, reproducible: false }, origin)
  return makeScorer(session, manifest, featureBuilder(builder, version, options), BATCH, origin)
}

export interface ScoringOptions {
  readonly scorer: Scorer
  readonly task: Task
  readonly blocks: Blocks
  /** Column of the event number. */
  readonly event: string
  readonly splits: readonly Split[]
  /** Of the training items only each so manieth is scored; 1 unless given. */
  readonly everyTraining?: number
  readonly onBlock?: (done: number, of: number) => void
}

/**
 * Scores items with the scorer's own code and writes an Arrow file of them; see `scoreColumns` for what it holds.
 * @returns how many items
 */
export async function scoreToFile(path: string, options: ScoringOptions): Promise<number> {
  const { task, blocks, event, onBlock } = options
  const writer = await ArrowFileWriter.open(path)
  try {
    for (let index = 0; index < blocks.count; index++) {
      const scored = await scoreBlock(await blocks.read(index), options)
      const rows = scored.items.length
      const columns = scoreColumns(task, event, scored)
      if (rows > 0) await writer.append(encodeColumns(rows, columns, new Map(), new Map()))
      onBlock?.(index + 1, blocks.count)
    }
    const { rows } = writer
    await writer.finish()
    return rows
  } catch (error) {
    await writer.abort().catch(() => undefined)
    throw error
  }
}

async function scoreBlock(
  block: Block,
  { scorer, splits, everyTraining = 1 }: ScoringOptions,
): Promise<ScoredItems> {
  const items = Int32Array.from(
    splits.flatMap((split) => {
      const all = Array.from(itemsIn(block, SPLITS.indexOf(split)))
      return split === 'train' ? all.filter((_, i) => i % everyTraining === 0) : all
    }),
  )
  // The scorer's own builder, not the task's: what is measured is what a pipeline would publish.
  const features = scorer.builder.bind(block.events)
  const { scores } = await scorer.score([{ features, items }])
  const columns = scorer.columns.map((name, c) => [
    name,
    Float32Array.from(items, (item) => scores[0].columns[c][item]),
  ])
  return { block, items, scores: Object.fromEntries(columns) }
}
