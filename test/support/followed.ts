import { join } from 'node:path'
import { folderRegistry } from '#spillway/models/registry-folder.js'
import { writeArrow } from './arrow-files.js'
import { streamOf } from './messages.js'
import { linear } from './onnx.js'
import { pipelineIn, temporary } from './pipelines.js'
import { scaled } from './registries.js'

const ROWS = 20

/**
 * A pipeline whose model is of a registry and scores far from its references, at 400 events a second. Newcomers are on
 * trial as shadows for good.
 */
export async function followedPipeline(name: string) {
  const folder = temporary()
  const registry = folderRegistry(join(folder, 'registry'))
  const references = { 'score.y': { edges: [1_000, 2_000, 3_000], counts: [500, 500] } }
  await registry.publish(scaled(1, 1, { references }))
  const streams = Array.from({ length: 10 }, (_, i) =>
    streamOf({
      event: ['uint64', Array.from({ length: ROWS }, (_, j) => i * ROWS + j)],
      x: ['float32', Array.from({ length: ROWS }, (_, j) => j)],
    }),
  )
  await writeArrow(join(folder, 'input.arrow'), streams)
  const pipeline = pipelineIn(
    folder,
    `name: ${name}
source: { files: input.arrow, rate: 400, repeat: 0 }
steps:
  - name: m
    model: { registry: registry, name: tiny, poll_s: 0.5, rollout: { mode: shadow, events: 1000000000 } }
    drift: { every: 1 }
sink: { scores: { files: scores }, dead_letters: { files: dead-letters }, commit: { interval_ms: 50 } }
workers: { count: 1 }
http: { live: false }`,
  )
  return {
    pipeline,
    /** Publishes version 2, whose probe gives another answer than its trainer's. */
    publishWrong: () => registry.publish(scaled(2, 2, {}, linear([3]))),
    /** Publishes version 3, which is right. */
    publishRight: () => registry.publish(scaled(3, 1.5)),
  }
}
