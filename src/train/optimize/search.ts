import type { RunConfig } from '../config.js'
import { epochRandom } from '../data/random.js'
import { hashOf } from '../layers/parameters.js'
import type { OptimizeConfig, SearchConfig } from './config.js'
import { type Judged, judged } from './objective.js'
import { configured, type Point, pointOf, searched, valueAt } from './space.js'
import { suggest } from './tpe.js'
import type { TrialPool } from './trial.js'

/** One trial of a search, with what it reached at its most epochs. */
export interface SearchTrial extends Judged {
  readonly bracket: number
  readonly epochs: number
  /** Whether it was trained to the end. */
  readonly whole: boolean
  /** The hyper-parameters by their keys; none for the configuration that was started from. */
  readonly values: Readonly<Record<string, unknown>>
}

export interface SearchResult {
  readonly trials: readonly SearchTrial[]
  /** The best configuration of those trained to the end; the one started from without a search. */
  readonly best: RunConfig
}

interface Candidate {
  readonly point: Point | undefined
  readonly config: RunConfig
  readonly values: Readonly<Record<string, unknown>>
}

/**
 * Searches hyper-parameters: brackets of trials that the estimator suggests from all brackets before, each thinned by
 * successive halving (Jamieson and Talwalkar, arXiv:1502.07943; with an estimator as in Falkner et al., arXiv:1807.01774).
 * The first trial of all is the configuration as it stands, so that a search does not end below where it began. Brackets,
 * not single trials, wait for each other, so that the course does not depend on which trial ends first.
 */
export async function search(
  name: string,
  start: RunConfig,
  settings: SearchConfig,
  config: OptimizeConfig,
  pool: TrialPool,
): Promise<SearchResult> {
  const space = searched(config.space)
  const trials: (SearchTrial & { readonly candidate: Candidate })[] = []
  for (let bracket = 0; bracket < settings.brackets; bracket++) {
    const uniform = epochRandom(config.seed ^ hashOf(name), bracket)
    const done = ranked(trials)
    const candidates: Candidate[] =
      bracket === 0 ? [{ point: pointOf(start, space), config: start, values: {} }] : []
    while (candidates.length < settings.size) {
      const running = candidates.flatMap(({ point }) => (point === undefined ? [] : [point]))
      const point = suggest(space, done, running, uniform, settings.startup)
      const values = Object.fromEntries(
        Object.entries(point).map(([path, x]) => [path, valueAt(space[path], x)]),
      )
      candidates.push({ point, config: configured(start, space, point), values })
    }
    const found = await halve(`${name}/${bracket}`, candidates, settings, config, pool)
    trials.push(...found.map((trial) => ({ ...trial, bracket })))
  }
  const whole = trials.filter((trial) => trial.whole)
  const best = whole.reduce<(typeof whole)[number] | undefined>(
    (a, b) => (a === undefined || b.loss < a.loss ? b : a),
    undefined,
  )
  return {
    trials: trials.map(({ candidate: _, ...trial }) => trial),
    best: best?.candidate.config ?? start,
  }
}

/** Trials that the estimator learns from, the best first: losses compare only among trials of as many epochs. */
const ranked = (trials: readonly (SearchTrial & { readonly candidate: Candidate })[]): Point[] =>
  [...trials]
    .sort((a, b) => Number(b.whole) - Number(a.whole) || compare(a.loss, b.loss))
    .flatMap(({ candidate: { point } }) => (point === undefined ? [] : [point]))

/** Also of losses that are both infinite. */
const compare = (a: number, b: number): number => (a === b ? 0 : a - b)

async function halve(
  lineage: string,
  candidates: readonly Candidate[],
  { reduction, rungs }: SearchConfig,
  config: OptimizeConfig,
  pool: TrialPool,
) {
  const ended: Omit<SearchTrial & { readonly candidate: Candidate }, 'bracket'>[] = []
  let alive: readonly Candidate[] = candidates
  for (let rung = 0; rung < rungs; rung++) {
    const isLast = rung === rungs - 1
    const results = await Promise.all(
      alive.map(async (candidate) => {
        const epochs = Math.max(1, Math.round(candidate.config.fit.epochs / reduction ** (rungs - 1 - rung)))
        const result = await pool.run({ config: candidate.config, epochs, shuffle: false, lineage })
        const { values } = candidate
        return { ...judged(result, config), candidate, values, epochs: result.epochs, whole: isLast }
      }),
    )
    const order = [...results].sort((a, b) => compare(a.loss, b.loss))
    const count = isLast ? 0 : Math.ceil(order.length / reduction)
    ended.push(...order.slice(count))
    alive = order.slice(0, count).map(({ candidate }) => candidate)
  }
  return ended
}
