import { expect, it } from 'vitest'
import { readBundle } from '#spillway/models/manifest.js'
import { Processor } from '#spillway/stream/processor.js'
import { pipelineIn, root, temporary } from '../support/pipelines.js'

const SWAPS = 400

it('memory does not grow with the number of swaps', async () => {
  const { config, folder } = pipelineIn(
    temporary(),
    `steps: [{ name: pol, model: ${root}demo/models/polarization }]`,
  )
  const bundle = readBundle(`${root}demo/models/polarization`)
  const processor = await Processor.create(config, folder)
  const rss: number[] = []
  for (let id = 1; id <= SWAPS; id++) {
    const key = `pol#${id}`
    await processor.prepare({ id, steps: { pol: { live: key } }, bundles: { [key]: bundle } })
    await processor.drop(id - 1)
    rss.push(process.memoryUsage.rss() / 2 ** 20)
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
