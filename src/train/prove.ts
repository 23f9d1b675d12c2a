import { SpillwayError } from '../errors.js'
import { featureBatch, type Pick, pickBatches } from './data/mini-batches.js'
import type { Sample } from './data/sample.js'
import { type ExportResult, exportWithProof, type ParityEntry, type Prediction } from './fit/index.js'
import { featureSpecs } from './program.js'
import type { Network, Task } from './recipe.js'
import { SPLITS } from './score-table.js'
import type { Arrays, Batch } from './trace/index.js'

/** Sizes of the batches that an export is compared on; none at all and one are where graphs break. */
const BATCHES = [0, 1, 2, 3, 7, 16, 33]
/** How far an exported model may be from TensorFlow.js, relative to the larger of 1 and the largest output. */
export const PARITY_LIMIT = 1e-5

/**
 * Exports a trained network and proves it on real validation items: TensorFlow.js against ONNX Runtime at many batch
 * sizes and lengths, empty ones too.
 * @throws SpillwayError EXPORT_DIFFERS when they disagree, or a number is not finite.
 */
export async function prove(
  task: Task,
  network: Network,
  weights: Arrays,
  sample: Sample,
): Promise<ExportResult> {
  const result = await exportWithProof(predictionOf(task, network), weights, await samplesOf(task, sample))
  const worst = result.parity.reduce((a, b) => (b.difference > a.difference ? b : a))
  const broken = result.parity.find(({ finite }) => !finite)
  if (broken === undefined && worst.difference <= PARITY_LIMIT) return result
  const { shapes, difference } = broken ?? worst
  throw new SpillwayError(
    'EXPORT_DIFFERS',
    broken === undefined
      ? `the exported model is off by ${difference.toPrecision(3)}, allowed is ${PARITY_LIMIT}`
      : 'the exported model gives numbers that are not finite',
    { place: `inputs ${JSON.stringify(shapes)}` },
  )
}

/** What is exported of a network. */
export const predictionOf = (task: Task, network: Network): Prediction => ({
  inputs: featureSpecs(task.builder),
  weights: network.parameters,
  predict: network.predict,
})

/** The worst of a parity table. */
export const worstParity = (parity: readonly ParityEntry[]): number =>
  Math.max(...parity.map(({ difference }) => difference))

async function samplesOf(task: Task, sample: Sample): Promise<Batch[]> {
  const picks = await somePicks(task, sample, Math.max(...BATCHES))
  const whole = BATCHES.map((count) => featureBatch(task.builder, picks.slice(0, count)))
  if (task.builder.maxLength === null) return whole
  const empty = withoutEntries(featureBatch(task.builder, picks.slice(0, 2)), task)
  const [short] = [...picks].sort((a, b) => lengthOf(a) - lengthOf(b))
  return [...whole, empty, featureBatch(task.builder, [short])]
}

const lengthOf = ({ block, item }: Pick): number => block.features.lengths?.[item] ?? 1

async function somePicks(task: Task, sample: Sample, count: number): Promise<readonly Pick[]> {
  const { blocks, weighting } = sample
  const part = SPLITS.indexOf('validation')
  const options = { blocks, builder: task.builder, targets: {}, weighting, part, batchSize: count, buffer: 1 }
  for await (const picks of pickBatches(options, 0)) return picks
  return []
}

/** The same items with lists of length zero. */
function withoutEntries(batch: Batch, { builder }: Task): Batch {
  return Object.fromEntries(
    builder.tensors.map(({ name, shape }) => {
      const tensor = batch[name]
      if (!shape.includes('t')) return [name, tensor]
      return [
        name,
        {
          data: new Float32Array(0),
          shape: tensor.shape.map((size, axis) => (shape[axis] === 't' ? 0 : size)),
        },
      ]
    }),
  )
}
