import { decodeMessage, defaultLimits } from '#spillway/ingest/arrow/index.js'
import type { Events } from '#spillway/ingest/columns.js'
import type { BatchSettings } from '#spillway/models/batching.js'
import { featureBuilder } from '#spillway/models/features/index.js'
import { readBundle } from '#spillway/models/manifest.js'
import { loadSession, type ProviderChoice } from '#spillway/models/provider.js'
import { makeScorer, type Scorer } from '#spillway/models/scorer.js'

export interface ScorerSetup extends Partial<BatchSettings> {
  readonly provider?: ProviderChoice
}

/** A bundle's scorer as a worker makes it. */
export async function scorerOf(folder: string, setup: ScorerSetup = {}): Promise<Scorer> {
  const { manifest, model, origin } = readBundle(folder)
  const { builder, version, options } = manifest.features
  const { rows = 128, tokens = 2_048, reproducible = false, provider = 'cpu' } = setup
  const session = await loadSession(model, { provider, threads: 1, reproducible }, origin)
  const features = featureBuilder(builder, version, options)
  return makeScorer(session, manifest, features, { rows, tokens, reproducible }, origin)
}

export const eventsIn = (message: Uint8Array): Events => decodeMessage(message, defaultLimits)

const counting = (count: number) => Int32Array.from({ length: count }, (_, i) => i)

/** Scores of whole parts scored together: per part a flat list, item by item. */
export async function scoresOf(scorer: Scorer, parts: readonly Events[]): Promise<number[][]> {
  const bound = parts.map((events) => {
    const features = scorer.builder.bind(events)
    return { features, items: counting(features.items) }
  })
  const { scores } = await scorer.score(bound)
  return scores.map(({ columns }, part) =>
    Array.from({ length: bound[part].features.items }, (_, item) =>
      columns.map((column) => column[item]),
    ).flat(),
  )
}

/** Largest difference of two lists of the same length. */
export function apart(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) throw new Error(`${a.length} and ${b.length} values`)
  return a.reduce((largest, value, i) => {
    const difference = Math.abs(value - b[i])
    return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(largest, difference)
  }, 0)
}
