import { BroadcastChannel } from 'node:worker_threads'
import { expect, it, vi } from 'vitest'
import { readBundle } from '#spillway/models/manifest.js'
import { LineUps } from '#spillway/stream/control/line-ups.js'
import { Metrics } from '#spillway/stream/metrics.js'
import { WorkerPool } from '#spillway/stream/pool.js'
import { Processor } from '#spillway/stream/processor.js'
import { setRuntimeFlags } from '#spillway/stream/runtime-flags.js'
import { firstLineUp } from '#spillway/stream/steps.js'
import { pipelineIn, root, temporary } from '../support/pipelines.js'
import { collector, type Holding, holding } from '../swaps/heaps.mjs'

const SWAPS = 400
const MB = 2 ** 20
const path = `${root}demo/models/polarization`
const pipeline = () => pipelineIn(temporary(), `steps: [{ name: pol, model: ${path} }]`)

it('memory does not grow with the number of swaps', async () => {
  const { config, folder } = pipeline()
  const bundle = readBundle(path)
  const processor = await Processor.create(config, folder)
  const rss: number[] = []
  for (let id = 1; id <= SWAPS; id++) {
    const key = `pol#${id}`
    await processor.prepare({ id, steps: { pol: { live: key } }, bundles: { [key]: bundle } })
    await processor.drop(id - 1)
    rss.push(process.memoryUsage.rss() / MB)
  }
  const mean = (from: number, to: number) =>
    rss.slice(from, to).reduce((sum, value) => sum + value, 0) / (to - from)
  const [early, late] = [mean(SWAPS / 2, SWAPS / 2 + 50), mean(SWAPS - 50, SWAPS)]
  console.log(
    `resident memory: ${early.toFixed(1)} MiB after ${SWAPS / 2} swaps, ${late.toFixed(1)} MiB after ${SWAPS}`,
  )
  // A session of this model holds about a MiB: each that stayed would show.
  expect(late - early).toBeLessThan(16)
}, 120_000)

/** Real workers that tell what they hold, and line-ups that are swapped under them. */
async function swapping(count: number) {
  const { config, folder } = pipeline()
  const lineUp = firstLineUp(new Map([['pol', readBundle(path)]]))
  const pool = await WorkerPool.start({
    plan: { config, folder },
    lineUp,
    worker: new URL('../swaps/worker.mjs', import.meta.url),
    count,
    batchSeconds: 60,
    memoryMb: 256,
    onRoom: () => {},
    onReplaced: () => {},
    onFatal: () => {},
  })
  const lineUps = new LineUps(pool, lineUp, pool.hello.models)
  const channel = new BroadcastChannel('swaps')
  let key = 0
  return {
    first: new WeakRef(lineUp.bundles['pol#0'].model),
    async swap() {
      // Every version comes from a registry as bytes of its own.
      const bundle = readBundle(path)
      const live = `pol#${++key}`
      await lineUps.change({ step: 'pol', models: () => ({ live }), bundles: { [live]: bundle } })
    },
    holdings: (collect: boolean) =>
      new Promise<readonly (Holding & { readonly sessions: number })[]>((resolve) => {
        const found: (Holding & { readonly sessions: number })[] = []
        channel.onmessage = ({ data }: MessageEvent) => {
          if (found.push(data) === count) resolve(found.sort((a, b) => a.thread - b.thread))
        }
        channel.postMessage({ collect })
      }),
    async close() {
      channel.close()
      await pool.close()
    },
  }
}

it('workers free the sessions of models that were swapped, and what they were made of', async () => {
  setRuntimeFlags()
  const workers = 2
  const { swap, holdings, close } = await swapping(workers)
  try {
    for (let i = 0; i < 20; i++) await swap()
    const before = await holdings(true)
    const swaps = 80
    for (let i = 0; i < swaps; i++) await swap()
    // Without being asked to, and with a collector that is told to be rare.
    const garbage = await holdings(false)
    // The last drop may still be on its way to a worker: a channel and a port keep no order between them.
    const after = await vi.waitFor(async () => {
      const held = await holdings(true)
      expect(held.map(({ sessions }) => sessions)).toEqual(Array(workers).fill(1))
      return held
    }, 10_000)
    const size = readBundle(path).model.length
    for (let w = 0; w < workers; w++) {
      expect(after[w].contexts[1]).toBe(0)
      const kept = after[w].heapUsed + after[w].external - before[w].heapUsed - before[w].external
      expect(kept).toBeLessThan(2 * MB)
      expect(garbage[w].external - before[w].external).toBeLessThan((swaps * size) / 2)
    }
  } finally {
    await close()
  }
}, 120_000)

it('the main thread keeps nothing of models that were swapped, and the first is let go too', async () => {
  const collect = collector()
  const { swap, first, close } = await swapping(1)
  try {
    const sizes: number[] = []
    for (let i = 0; i < 60; i++) {
      await swap()
      if (i < 20) continue
      collect()
      const { heapUsed, external } = holding()
      sizes.push(heapUsed + external)
    }
    expect(sizes.at(-1)! - sizes[0]).toBeLessThan(2 * MB)
    expect(first.deref()).toBeUndefined()
  } finally {
    await close()
  }
}, 120_000)

it('metrics have no series more after fifty versions', async () => {
  const metrics = new Metrics('test')
  metrics.ofModels.follows('pol')
  const swap = (version: number): void => {
    const model = { step: 'pol', name: 'polarization', sha256: '0'.repeat(64), version }
    metrics.models([{ ...model, provider: 'cpu', runtime: 'onnxruntime 1', fallbacks: [] }])
    metrics.ofModels.onTrial('pol', 'shadow', version)
    metrics.ofModels.refused('pol', 'MODEL_DEMOTED')
    metrics.ofModels.swapped('pol')
    metrics.ofModels.rolledBack('pol', 'drift')
  }
  const series = async () => (await metrics.registry.metrics()).split('\n').length
  swap(1)
  const first = await series()
  for (let version = 2; version <= 51; version++) swap(version)
  expect(await series()).toBe(first)
  expect(await metrics.registry.metrics()).toContain('model="polarization",pipeline="test"} 51')
})
