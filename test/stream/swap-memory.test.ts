import { BroadcastChannel } from 'node:worker_threads'
import { expect, it } from 'vitest'
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
    lineUps,
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
          if (found.push(data) === count) resolve(found)
        }
        channel.postMessage({ collect })
      }),
    async close() {
      channel.close()
      await pool.close()
    },
  }
}
