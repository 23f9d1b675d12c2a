import { parentPort, workerData } from 'node:worker_threads'
import * as ort from 'onnxruntime-node'
import { decodeMessage, defaultLimits } from '#spillway/ingest/arrow/index.js'
import { plan } from '#spillway/models/batching.js'
import { bindInputs } from '#spillway/models/bindings.js'
import { featureBuilder } from '#spillway/models/features/index.js'
import { readBundle } from '#spillway/models/manifest.js'
import { loadSession } from '#spillway/models/provider.js'
import { cutMessages } from './loads.mjs'

/** Prepares the chunks that the engine would form of the same messages, as tensors, then only runs the session. */
const { model: path, data, rows, gather, batch, workers, events, seconds } = workerData
const { manifest, model, origin } = readBundle(path)
const builder = featureBuilder(
  manifest.features.builder,
  manifest.features.version,
  manifest.features.options,
)
const { session } = await loadSession(model, { provider: 'cpu', threads: 1, reproducible: false }, origin)
const inputs = bindInputs(session, manifest, builder, origin)
const outputs = manifest.outputs.map(({ name }) => name)
const messages = await cutMessages(data, rows)

/** As many messages as the engine gives to a worker at once. */
const tasks = []
const perTask = Math.max(1, Math.floor(gather / rows))
for (let from = 0; from < messages.length; from += perTask) {
  tasks.push(messages.slice(from, from + perTask))
}
const chunks = tasks.flatMap((task) => {
  const parts = task.map((bytes) => {
    const features = builder.bind(decodeMessage(bytes, defaultLimits))
    return { features, items: Int32Array.from({ length: features.items }, (_, i) => i) }
  })
  return plan(parts, { ...batch, reproducible: false }).map((chunk) => prepare(parts, chunk))
})
await scored(chunks[0].feeds)
parentPort.postMessage({ ready: true })
parentPort.once('message', async () => {
  if (seconds !== undefined) return parentPort.postMessage({ rate: await rate() })
  const wanted = events / workers
  let done = 0
  for (let i = 0; done < wanted; i = (i + 1) % chunks.length) {
    await scored(chunks[i].feeds)
    done += chunks[i].count
  }
  parentPort.postMessage({ done })
})

/** Results are freed at once, as the engine does. */
async function scored(feeds) {
  for (const result of Object.values(await session.run(feeds, outputs))) result.dispose()
}

function prepare(parts, chunk) {
  const tensors = builder.tensors.map(({ shape }) => {
    const size = shape.reduce((product, dim) => product * sizeOf(dim, chunk), 1)
    return new Float32Array(size)
  })
  for (let from = 0; from < chunk.count; ) {
    let to = from + 1
    while (to < chunk.count && chunk.part[to] === chunk.part[from]) to++
    parts[chunk.part[from]].features.fill(chunk.item, from, to, from, chunk.length, tensors)
    from = to
  }
  const feeds = {}
  for (const { name, tensor, dims } of inputs) {
    feeds[name] = new ort.Tensor('float32', tensors[tensor], dims(chunk.slots, chunk.length))
  }
  return { feeds, count: chunk.count }
}

function sizeOf(dim, { slots, length }) {
  if (dim === 'n') return slots
  return dim === 't' ? length : dim
}

/** Items per CPU second of this process, over all chunks at least twice, so that every length counts alike. */
async function rate() {
  let done = 0
  const start = process.cpuUsage()
  const begin = performance.now()
  do {
    for (const { feeds, count } of chunks) {
      await scored(feeds)
      done += count
    }
  } while (performance.now() - begin < seconds * 1e3)
  const { user, system } = process.cpuUsage(start)
  return done / ((user + system) / 1e6)
}
