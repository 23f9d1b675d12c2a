// node webgpu.mjs BUNDLE DATA ROWS: scores of the first rows by the WebGPU provider and by the CPU, as JSON.
import { ArrowFile, decodeMessage, defaultLimits, encodeSubset } from '#spillway/ingest/arrow/index.js'
import { featureBuilder } from '#spillway/models/features/index.js'
import { readBundle } from '#spillway/models/manifest.js'
import { loadSession } from '#spillway/models/provider.js'
import { makeScorer } from '#spillway/models/scorer.js'

const [folder, data, rows] = process.argv.slice(2)
const { manifest, model, origin } = readBundle(folder)
const builder = featureBuilder(
  manifest.features.builder,
  manifest.features.version,
  manifest.features.options,
)
const file = await ArrowFile.open(data)
const { bytes } = await file.batch(0)
await file.close()
const chosen = Array.from({ length: Number(rows) }, (_, i) => i)
const events = decodeMessage(encodeSubset(bytes, chosen), defaultLimits)

async function scored(provider) {
  const loaded = await loadSession(model, { provider, threads: 1, reproducible: false }, origin)
  const batch = { rows: 128, tokens: 2048, reproducible: false }
  const scorer = makeScorer(loaded, manifest, builder, batch, origin)
  const features = scorer.builder.bind(events)
  const { scores } = await scorer.score([{ features, items: Int32Array.from(chosen) }])
  return { provider: loaded.provider, scores: scores[0].columns.map((column) => [...column]) }
}
const cpu = await scored('cpu')
const gpu = await scored('webgpu')
// The provider's threads need not end for the answer to be known.
process.stdout.write(`${JSON.stringify({ cpu, gpu })}\n`, () => process.exit(0))
