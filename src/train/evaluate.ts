import { expandGlobs } from '../ingest/glob.js'
import type { Bundle } from '../models/manifest.js'
import type { RunConfig } from './config.js'
import { Blocks } from './data/blocks.js'
import { present } from './data/present.js'
import { splitter } from './data/split.js'
import { metricsOf } from './metrics.js'
import type { Recipe } from './recipe.js'
import { type DataDigest, digestsOf } from './run-folder.js'
import { readScores } from './score-file.js'
import type { Split } from './score-table.js'
import { openScorer, scoreToFile } from './scoring.js'

export interface EvaluateOptions {
  readonly bundle: Bundle
  readonly recipe: Recipe
  /** As the bundle was trained; its data files are not read. */
  readonly config: RunConfig
  readonly files: readonly string[]
  /** Parts to score; `all` takes every event as test, whatever its number. */
  readonly part: Split | 'all'
  /** The Arrow file to write; see `scoreColumns`. */
  readonly out: string
  readonly onProgress?: (done: number, of: number) => void
}

export interface Evaluation {
  readonly model: { readonly name: string; readonly version: number; readonly sha256: string }
  readonly data: readonly DataDigest[]
  readonly part: Split | 'all'
  readonly items: number
  readonly metrics: Readonly<Record<string, number>>
}

/**
 * Scores labelled events with a bundle, by the scorer's own code, and gives the recipe's figures of merit on them.
 * @throws SpillwayError COLUMN_MISSING, FILE_UNREADABLE, MODEL_INVALID
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { bundle, recipe, config, part, out, onProgress } = options
  const paths = await present(() => expandGlobs(options.files, process.cwd()))
  const task = recipe.task(config.recipe)
  const split =
    part === 'all'
      ? splitter({ ...config.data, split: { ...config.data.split, test: 1, validation: 0 } })
      : splitter({ ...config.data, fraction: 1 })
  const scorer = await openScorer(bundle)
  try {
    // The bundle's own builder: what is measured is what a pipeline would publish.
    const labelled = { ...task, builder: scorer.builder }
    await using blocks = await Blocks.open(paths, labelled, split, 1)
    const wanted = part === 'all' ? 'test' : part
    const { event } = config.data
    const items = await scoreToFile(out, {
      scorer,
      task: labelled,
      blocks,
      event,
      splits: [wanted],
      ...(onProgress && { onBlock: onProgress }),
    })
    const metrics = metricsOf(labelled, await readScores(out))[wanted]
    const { name, version, model } = bundle.manifest
    return {
      model: { name, version, sha256: model.sha256 },
      data: await digestsOf(paths),
      part,
      items,
      metrics,
    }
  } finally {
    await scorer.release()
  }
}
