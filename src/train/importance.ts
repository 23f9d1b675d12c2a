import { epochRandom, permutation } from './data/random.js'
import type { Sample } from './data/sample.js'
import { inputsOf } from './inputs.js'
import { hashOf } from './layers/parameters.js'
import { type Spread, spreadOf } from './optimize/objective.js'
import { type Chunk, shuffled, TrialScores } from './optimize/trial-scores.js'
import type { Network, Task } from './recipe.js'
import type { Arrays } from './trace/index.js'

/** What the network's figures of merit lose when it is given the values of other items instead of the item's own. */
export interface Importance {
  /** `<tensor>.<component>`, or `<tensor>.*` for all components of an item together. */
  readonly input: string
  /** Figure with exchanged values − figure, by name: mean and standard deviation over the repetitions. */
  readonly changes: Readonly<Record<string, Spread>>
}

export interface ImportanceOptions {
  readonly task: Task
  readonly network: Network
  readonly weights: Arrays
  readonly sample: Sample
  /** Column of the event number. */
  readonly event: string
  readonly repeats: number
  readonly seed: number
}

/**
 * Permutation importance (Breiman, Mach. Learn. 45 (2001) 5) of every input on the test items, of the figures of merit that
 * the recipe has; a correlated input may seem to be worth little because others say the same. Tensors of fixed shape are
 * also exchanged as a whole.
 */
export async function importancesOf(options: ImportanceOptions): Promise<Importance[]> {
  const { task, network, weights, sample, event, repeats, seed } = options
  const { builder } = task
  const scores = await TrialScores.open(task, network, weights, sample, event, ['test'])
  const changes = [
    ...builder.tensors
      .filter(({ shape }) => shape.length > 1 && !shape.includes('t'))
      .map(({ name }) => ({
        input: `${name}.*`,
        change: (chunks: readonly Chunk[], salt: number) => exchanged(chunks, name, salt),
      })),
    ...inputsOf(builder).map((input) => ({
      input: input.name,
      change: (chunks: readonly Chunk[], salt: number) => shuffled(builder, chunks, input, salt),
    })),
  ]
  try {
    const before = task.metrics(await scores.table())
    const found: Importance[] = []
    for (const { input, change } of changes) {
      const after: Readonly<Record<string, number>>[] = []
      for (let k = 0; k < repeats; k++) {
        after.push(task.metrics(await scores.table((chunks) => change(chunks, seed + k))))
      }
      found.push({ input, changes: changesOf(before, after) })
    }
    return found
  } finally {
    await scores.close()
  }
}

function changesOf(
  before: Readonly<Record<string, number>>,
  after: readonly Readonly<Record<string, number>>[],
): Importance['changes'] {
  return Object.fromEntries(
    Object.entries(before).map(([name, value]) => [
      name,
      spreadOf(after.map((metrics) => metrics[name] - value)),
    ]),
  )
}

/** The chunks with one tensor of fixed shape exchanged between items, its components together. */
function exchanged(chunks: readonly Chunk[], tensor: string, seed: number): Chunk[] {
  const rows = chunks.flatMap(({ picks, batch }) => {
    const { data } = batch[tensor]
    const size = data.length / picks.length
    return picks.map((_, i) => data.subarray(i * size, (i + 1) * size) as Float32Array)
  })
  const order = permutation(rows.length, epochRandom(seed, hashOf(tensor)))
  let next = 0
  return chunks.map(({ picks, batch }) => {
    const data = new Float32Array(batch[tensor].data.length)
    const size = data.length / picks.length
    for (let i = 0; i < picks.length; i++) data.set(rows[order[next++]], i * size)
    return { picks, batch: { ...batch, [tensor]: { ...batch[tensor], data } } }
  })
}
