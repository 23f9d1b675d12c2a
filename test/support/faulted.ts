import { join } from 'node:path'
import { folderRegistry } from '#spillway/models/registry-folder.js'
import { loadPipeline } from '#spillway/stream/config/load.js'
import { assemble } from '#spillway/stream/run.js'
import { sleep } from './kafka.js'
import { type Bench, range } from './kafka-bench.js'
import { streamOf } from './messages.js'
import { linear } from './onnx.js'
import { normals } from './random.js'
import { scaled } from './registries.js'
import { checked } from './topics.js'

export const TOKEN = 'a-token-for-tests'
const ROWS = 40
/** Edges of 10 bins, equally likely for a standard normal number. */
const NORMAL = [-1.282, -0.842, -0.524, -0.253, 0, 0.253, 0.524, 0.842, 1.282]
const references = { 'score.y': { edges: NORMAL, counts: new Array<number>(10).fill(100) } }
const MISBEHAVING = new URL('./workers/misbehave.mjs', import.meta.url)

/**
 * A pipeline on Kafka that waits for its faults: about 200 events a second on partition 0 that are as its model's
 * references say, and a worker that hangs at whatever comes first on partition 1.
 * @param stalledSeconds After how long without a commit it is not ready.
 */
export async function faultedPipeline(bench: Bench, port: number, stalledSeconds: number) {
  const setup = await bench.setUp(
    2,
    ({ input, scores, dead }) => `description: hang=${input}/1/0
source: { topic: ${input} }
steps:
  - name: tag
    model: { registry: registry, name: tiny, poll_s: 0.5 }
    provider: auto
    drift: { every: 1, window_s: 4 }
sink: { scores: { topic: ${scores} }, dead_letters: { topic: ${dead} }, commit: { interval_ms: 100 } }
limits: { in_flight_bytes: 8000 }
http: { port: ${port}, token: ${TOKEN}, stalled_s: ${stalledSeconds} }`,
  )
  const { id, input, folder, file } = setup
  const registry = folderRegistry(join(folder, 'registry'))
  await registry.publish(scaled(1, 1, { references }))
  let offset = 0
  let sent = 0
  let going = true
  const message = (partition = 0) => {
    const first = ROWS * sent++
    const x = [...normals(ROWS, first + 1)].map((value) => value + offset)
    return checked(input, partition, streamOf({ event: ['uint64', range(ROWS, first)], x: ['float32', x] }))
  }
  const feed = async (): Promise<void> => {
    const producer = bench.client.producer()
    while (going) {
      await producer.send([message()])
      await sleep(200)
    }
    await producer.close()
  }
  const fed = feed()
  return {
    id,
    /** Loads the model on the CPU, because there is no device: `auto` falls back. */
    start: () => assemble(loadPipeline(file, ['workers.batch_s=1000']), {}, undefined, MISBEHAVING),
    /** What cannot be read. */
    spoil: () => bench.produce([{ topic: input, partition: 0, key: null, value: Buffer.from('noise') }]),
    /** A newer version whose probe gives another answer than its trainer's. */
    publishWrong: () => registry.publish(scaled(2, 2, { references }, linear([3]))),
    /** From now on all values are above what the model was trained on. */
    shift(): void {
      offset = 5
    },
    send: (count: number) => bench.produce(range(count).map(() => message())),
    hang: () => bench.produce([message(1)]),
    async stop(): Promise<void> {
      going = false
      await fed
    },
  }
}
