import { Engine } from '#spillway/stream/engine.js'
import type { EngineEvents } from '#spillway/stream/engine-events.js'
import { Metrics } from '#spillway/stream/metrics.js'
import type { Sink } from '#spillway/stream/sink.js'
import type { Source } from '#spillway/stream/source.js'
import { pipelineIn } from './pipelines.js'

/** Runs a pipeline's engine between a source and a sink in memory, to the end of the source. */
export async function runEngine(
  folder: string,
  text: string,
  source: Source,
  sink: Sink,
  more: { readonly events?: EngineEvents; readonly worker?: URL } = {},
) {
  const { config } = pipelineIn(folder, text)
  const metrics = new Metrics(config.name)
  const lost: string[] = []
  const events = { ...more.events, workerReplaced: (how: string) => void lost.push(how) }
  const engine = await Engine.start({ config, folder, source, sink, metrics, events, worker: more.worker })
  try {
    const ended = await engine.run()
    return { ended, lost, metrics: await metrics.registry.metrics() }
  } finally {
    await engine.close()
  }
}
