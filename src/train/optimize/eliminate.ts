import type { FeatureBuilder } from '../../models/feature-builder.js'
import type { RunConfig } from '../config.js'
import { inputsOf } from '../inputs.js'
import type { OptimizeConfig } from './config.js'
import { figureOf, judged, worseBy } from './objective.js'
import type { TrialPool, TrialResult } from './trial.js'

/** One iteration of backwards elimination: the model of some inputs, and what each of them is worth. */
export interface Iteration {
  readonly inputs: readonly string[]
  /** The objective on validation and on training events, means over the seeds. */
  readonly value: number
  readonly train: number
  /** By how much the objective is worse without an input, or with it shuffled. */
  readonly importance: Readonly<Record<string, number>>
  /** What was removed after it; none after the last. */
  readonly removed: readonly string[]
}

export interface EliminationResult {
  readonly iterations: readonly Iteration[]
  /** The iteration whose inputs are taken. */
  readonly chosen: number
  readonly best: RunConfig
}

/**
 * Removes the least important inputs again and again, training anew after each time, and takes the fewest inputs that are
 * about as good as the best.
 */
export async function eliminate(
  start: RunConfig,
  builder: FeatureBuilder,
  config: OptimizeConfig,
  pool: TrialPool,
): Promise<EliminationResult> {
  const { mode, per_iteration, keep, tolerance, stop } = config.elimination
  const all = inputsOf(builder).map(({ name }) => name)
  const iterations: Iteration[] = []
  let dropped = start.drop
  while (mode !== 'none') {
    const inputs = all.filter((name) => !dropped.includes(name))
    const isLast = inputs.length <= keep
    const measured = await iterate(start, inputs, dropped, isLast, config, pool)
    const lead = Math.max(...iterations.map(({ value }) => -worseBy(value, measured.value, config)))
    const isEnough = isLast || !Number.isFinite(measured.value) || lead > stop
    const removed = isEnough
      ? []
      : [...inputs]
          .sort((a, b) => measured.importance[a] - measured.importance[b])
          .slice(0, Math.min(per_iteration, inputs.length - keep))
    iterations.push({ ...measured, removed })
    if (isEnough) break
    dropped = [...dropped, ...removed]
  }
  const chosen = choose(iterations, tolerance, config)
  const inputs = iterations[chosen]?.inputs ?? all
  return { iterations, chosen, best: { ...start, drop: all.filter((name) => !inputs.includes(name)) } }
}

/** The last iteration that is within the tolerance of the best one. */
function choose(iterations: readonly Iteration[], tolerance: number, config: OptimizeConfig): number {
  const best = iterations.reduce<Iteration | undefined>(
    (a, b) => (a === undefined || worseBy(b.value, a.value, config) < 0 ? b : a),
    undefined,
  )
  return iterations.findLastIndex(({ value }) => worseBy(value, best!.value, config) <= tolerance)
}

async function iterate(
  start: RunConfig,
  inputs: readonly string[],
  dropped: readonly string[],
  isLast: boolean,
  config: OptimizeConfig,
  pool: TrialPool,
): Promise<Omit<Iteration, 'removed'>> {
  const { mode, seeds } = config.elimination
  const shuffle = mode === 'shuffle' && !isLast
  const train = (drop: readonly string[]): Promise<TrialResult[]> =>
    Promise.all(
      Array.from({ length: seeds }, (_, k) =>
        pool.run({
          config: { ...start, drop: [...drop], seed: start.seed + k },
          epochs: start.fit.epochs,
          shuffle: shuffle && drop === dropped,
          lineage: 'elimination',
        }),
      ),
    )
  const without = mode === 'retrain' && !isLast ? inputs : []
  const [own, ...others] = await Promise.all([
    train(dropped),
    ...without.map((name) => train([...dropped, name])),
  ])
  const value = mean(own, (result) => judged(result, config).value)
  const { metric } = config.objective
  const worse = (name: string, k: number): number =>
    mode === 'shuffle'
      ? mean(own, ({ shuffled, metrics }) =>
          worseBy(figureOf(shuffled[name] ?? {}, metric), figureOf(metrics.validation, metric), config),
        )
      : worseBy(
          mean(others[k], (result) => judged(result, config).value),
          value,
          config,
        )
  return {
    inputs,
    value,
    train: mean(own, (result) => judged(result, config).train),
    importance: isLast ? {} : Object.fromEntries(inputs.map((name, k) => [name, worse(name, k)])),
  }
}

const mean = (results: readonly TrialResult[], of: (result: TrialResult) => number): number =>
  results.reduce((sum, result) => sum + of(result), 0) / results.length
