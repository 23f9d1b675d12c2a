import { batches, decodeMessage, defaultLimits } from '#spillway/ingest/arrow/index.js'
import { featureBuilder } from '#spillway/models/features/index.js'
import { readBundle } from '#spillway/models/manifest.js'
import { loadSession } from '#spillway/models/provider.js'
import { makeScorer } from '#spillway/models/scorer.js'
import { loads } from '../engine/loads.mjs'

/** As a pipeline has it unless told otherwise. */
const SETTINGS = { rows: 512, tokens: 1024, reproducible: false, driftEvery: 16 }
const TURN_MS = 200
const WARM_MS = 3_000

/**
 * The part of a scorer's time (features, inference, drift) that goes into following drift, turn by turn. Both are read
 * from one clock in one thread: what else the machine does lengthens both alike.
 */
export async function samplerShares(model, seconds) {
  const events = await sampleOf(loads.mlp.data)
  const { scorer, spent } = watched(await scorerOf(model))
  await turn(scorer, spent, events, WARM_MS)
  const shares = []
  for (let left = seconds * 1e3; left > 0; left -= TURN_MS)
    shares.push(await turn(scorer, spent, events, TURN_MS))
  await scorer.release()
  return shares
}

/** Adds up the time of what a scorer asks of its sampler [ms]. */
function watched(scorer) {
  const { drift } = scorer
  if (drift === null) throw new Error('the model has no references')
  const spent = { ms: 0 }
  for (const name of ['sample', 'take']) {
    const own = drift[name].bind(drift)
    drift[name] = (...given) => {
      const start = performance.now()
      const result = own(...given)
      spent.ms += performance.now() - start
      return result
    }
  }
  return { scorer, spent }
}

async function turn(scorer, spent, events, ms) {
  const before = spent.ms
  const start = performance.now()
  let wall = 0
  while (wall < ms) {
    await scorer.score([{ features: scorer.builder.bind(events), items: allOf(events) }])
    scorer.drift.take()
    wall = performance.now() - start
  }
  return (spent.ms - before) / wall
}

const allOf = ({ rows }) => Int32Array.from({ length: rows }, (_, row) => row)

async function sampleOf(path) {
  for await (const { bytes } of batches(path)) return decodeMessage(bytes, defaultLimits)
  throw new Error(`${path} is empty`)
}

async function scorerOf(folder) {
  const { manifest, model, origin } = readBundle(folder)
  const { builder, version, options } = manifest.features
  const session = await loadSession(model, { provider: 'cpu', threads: 1, reproducible: false }, origin)
  return makeScorer(session, manifest, featureBuilder(builder, version, options), SETTINGS, origin)
}
