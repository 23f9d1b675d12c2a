import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runToEnd } from '../../../scripts/servers/process.mjs'
import { ceiling } from './contestants.mjs'
import { loads } from './loads.mjs'

const consumer = fileURLToPath(new URL('./python/consumer.py', import.meta.url))

const TRIED = {
  mlp: [32, 64, 128, 256, 512].map((rows) => ({ rows, tokens: 1 << 20 })),
  transformer: [128, 256, 512, 1024, 2048, 4096].map((tokens) => ({ rows: 512, tokens })),
}

/** The chunk size with which one Python process scores most per CPU second, decoding and features included. */
export async function pythonChunk(load, interpreter) {
  const { model, data } = loads[load]
  const said = await runToEnd(
    interpreter,
    [consumer, load, join(model, 'model.onnx'), 'tune', data],
    'the Python peer',
  )
  const { rates } = JSON.parse(said.trim().split('\n').at(-1))
  const [[chunk]] = Object.entries(rates).sort(([, a], [, b]) => b - a)
  return { chunk: Number(chunk), rates }
}

/** The chunk settings with which one thread of raw ONNX Runtime scores most per CPU second. */
export async function ceilingBatch(load, { rows, seconds = 1 }) {
  const tried = []
  for (const batch of TRIED[load]) {
    const contestant = ceiling(load, { workers: 1, rows, batch, seconds })
    try {
      await contestant.ready()
      contestant.say('go')
      await contestant.until(() => contestant.report('rate') !== undefined, 120, 'a rate')
      tried.push({ batch, rate: contestant.report('rate') })
    } finally {
      contestant.kill()
    }
  }
  const best = tried.reduce((a, b) => (b.rate > a.rate ? b : a))
  return { batch: best.batch, tried }
}
