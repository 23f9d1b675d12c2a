import { SpillwayError } from '../../errors.js'
import { ArrowFile, batches, decodeMessage, defaultLimits } from '../../ingest/arrow/index.js'
import { expandGlobs } from '../../ingest/glob.js'
import type { Manifest } from '../../models/manifest.js'
import type { DataConfig } from '../config.js'
import type { Dataset } from '../fit/dataset.js'
import type { SampleStatistics, Task } from '../recipe.js'
import { InputSamples } from '../references.js'
import { SPLITS, type Split } from '../score-table.js'
import { Blocks, itemsIn } from './blocks.js'
import { ItemReader } from './item-tensors.js'
import { miniBatches } from './mini-batches.js'
import { MomentsOf } from './moments.js'
import { present } from './present.js'
import { eventNumbers, splitter } from './split.js'
import { type Weighting, WeightSums } from './weighting.js'

/** Items of each part of a sample, and of each class of the training part. */
export interface SampleCounts {
  readonly parts: Readonly<Record<Split, number>>
  readonly classes: readonly number[]
  /** Sums of the event weights of the training part, by class. */
  readonly weights: readonly number[]
}

/** A sample opened for training: read through once, streamed from then on. */
export interface Sample extends AsyncDisposable {
  readonly files: readonly string[]
  readonly blocks: Blocks
  readonly counts: SampleCounts
  readonly statistics: SampleStatistics
  readonly weighting: Weighting
  /** Histograms of the inputs on the training part, for the manifest. */
  readonly references: Manifest['references']
  /** Mini-batches of a part; shuffled when a seed is given. */
  dataset(split: Split, batchSize: number, seed?: number): Dataset
}

/**
 * Opens the files of a configuration and goes through them once: counts, moments of the features and sums of weights
 * of the training part.
 * @param onBlock told after each record batch
 * @throws SpillwayError FILE_UNREADABLE, SCHEMA_MISMATCH, CONFIG_INVALID for an empty part.
 */
export async function openSample(
  task: Task,
  config: DataConfig,
  folder: string,
  onBlock: (done: number, of: number) => void = () => undefined,
): Promise<Sample> {
  const files = await present(() => expandGlobs(config.files, folder))
  await present(() => checkColumns(files[0], task))
  const split = splitter(config, await present(() => excludedEvents(config, folder)))
  const blocks = await Blocks.open(files, task, split, config.buffer)
  try {
    const survey = await surveyOf(blocks, task, config, onBlock)
    return {
      files,
      blocks,
      ...survey,
      dataset: (part, batchSize, seed) =>
        miniBatches({
          blocks,
          builder: task.builder,
          targets: task.targets,
          weighting: survey.weighting,
          part: SPLITS.indexOf(part),
          batchSize,
          buffer: config.buffer,
          seed,
          mixed: task.mixed,
        }),
      [Symbol.asyncDispose]: () => blocks[Symbol.asyncDispose](),
    }
  } catch (error) {
    await blocks[Symbol.asyncDispose]()
    throw error
  }
}

async function surveyOf(
  blocks: Blocks,
  task: Task,
  config: DataConfig,
  onBlock: (done: number, of: number) => void,
) {
  const moments = new MomentsOf(task.builder)
  const inputs = new InputSamples(task.builder)
  const sums = new WeightSums(config, task.classes.length)
  const classes = task.classes.map(() => 0)
  const parts = SPLITS.map(() => 0)
  for (let index = 0; index < blocks.count; index++) {
    const block = await blocks.read(index)
    const reader = new ItemReader(task.builder, block.features)
    SPLITS.forEach((_, part) => {
      parts[part] += itemsIn(block, part).length
    })
    for (const item of itemsIn(block, SPLITS.indexOf('train'))) {
      const tensors = reader.read(item)
      moments.add(tensors)
      inputs.add(tensors)
      sums.add(block.labels, item)
      classes[block.labels.classes[item]]++
    }
    onBlock(index + 1, blocks.count)
  }
  const counts = Object.fromEntries(SPLITS.map((name, part) => [name, parts[part]])) as Record<Split, number>
  checkFilled(counts, task.classes, classes)
  return {
    counts: { parts: counts, classes, weights: sums.ofClasses() },
    statistics: { tensors: moments.result() },
    weighting: sums.weighting(),
    references: inputs.references(),
  }
}

function checkFilled(
  parts: Readonly<Record<Split, number>>,
  names: readonly string[],
  classes: readonly number[],
): void {
  const empty = SPLITS.find((name) => name !== 'test' && parts[name] === 0)
  const missing = names.find((_, c) => classes[c] === 0)
  if (empty === undefined && missing === undefined) return
  const what = empty === undefined ? `no training item of class ${missing}` : `no ${empty} items`
  throw new SpillwayError('CONFIG_INVALID', `the sample has ${what}`, {
    place: 'data',
    remedy: 'Give more events, or check data.fraction, data.exclude and the selection under recipe.',
  })
}

/** @throws SpillwayError COLUMN_MISSING naming every column that the task reads and the first file lacks. */
async function checkColumns(file: string, task: Task): Promise<void> {
  const opened = await ArrowFile.open(file)
  const known = new Set(opened.schema.columns.map(({ path }) => path))
  await opened.close()
  const missing = [...task.builder.reads, ...task.labelReads].filter(({ path }) => !known.has(path))
  if (missing.length === 0) return
  throw new SpillwayError('COLUMN_MISSING', `no column ${missing.map(({ path }) => path).join(', ')}`, {
    place: file,
    remedy: 'Give files with these columns, or rename the columns under recipe.',
  })
}

async function excludedEvents({ exclude, event }: DataConfig, folder: string): Promise<ReadonlySet<bigint>> {
  const numbers = new Set<bigint>()
  if (exclude.length === 0) return numbers
  for (const file of expandGlobs(exclude, folder)) {
    for await (const { bytes } of batches(file)) {
      for (const number of eventNumbers(decodeMessage(bytes, defaultLimits), event)) numbers.add(number)
    }
  }
  return numbers
}
