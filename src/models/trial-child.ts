import { asSpillwayError } from '../errors.js'
import { featureBuilder } from './features/index.js'
import { inspectOnnx } from './onnx-graph.js'
import { runProbe } from './probe.js'
import { loadSession } from './provider.js'
import { makeScorer } from './scorer.js'
import type { TrialAnswer, TrialReport, TrialRequest } from './trial.js'

/** Entry of the child process of `tryModel`: does one request, answers, ends. */
process.once('message', async (request: TrialRequest) => {
  let answer: TrialAnswer
  try {
    answer = { kind: 'done', report: await attempt(request) }
  } catch (cause) {
    const { code, message, place, remedy } = asSpillwayError(cause, 'MODEL_INVALID')
    answer = { kind: 'failed', code, message, place, remedy }
  }
  process.send!(answer, () => process.disconnect())
})

async function attempt({ bundle, session, batch, probe }: TrialRequest): Promise<TrialReport> {
  const { manifest, model, origin } = bundle
  inspectOnnx(model, origin)
  const start = performance.now()
  const loaded = await loadSession(model, session, origin)
  const loadSeconds = (performance.now() - start) / 1e3
  const { builder, version, options } = manifest.features
  const scorer = makeScorer(loaded, manifest, featureBuilder(builder, version, options), batch, origin)
  const report = probe ? await runProbe(scorer, bundle) : null
  await scorer.release()
  return { provider: loaded.provider, fallbacks: loaded.fallbacks, loadSeconds, probe: report }
}
