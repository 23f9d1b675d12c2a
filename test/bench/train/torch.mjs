import { fileURLToPath } from 'node:url'
import { startPeer, threadsOf } from './process.mjs'

const script = fileURLToPath(new URL('./twins.py', import.meta.url))

/**
 * A network in PyTorch (twins.py), in a process of its own. `layout` is `same` for that of the run from its starting
 * weights, `authors` for that of the source's authors from weights of its own. `step` and `evaluate` are those of an
 * executor; `keep` remembers the weights, `takeBest` goes back to those remembered last, `predict` gives the rows of
 * the output.
 */
export async function startTorch(interpreter, layout, { config, parameters, initial }) {
  const peer = startPeer('the PyTorch twin', interpreter, [script], threadsOf(1))
  const { system, recipe, seed, fit } = config
  const trained = Object.keys(parameters).filter((name) => parameters[name].trained !== false)
  const weights = Object.entries(parameters).map(([name, { shape }]) => [
    name,
    { data: initial[name], shape },
  ])
  const start = { layout, system, recipe, trained, seed, decay: fit.optimizer.weight_decay, clip: fit.clip }
  await peer.ask(start, Object.fromEntries(weights))
  const single = (result) =>
    Object.fromEntries(Object.entries(result).map(([name, value]) => [name, [value]]))
  return {
    step: async (batch, rate) => single(await peer.ask({ command: 'step', rate }, batch)),
    evaluate: async (batch) => single(await peer.ask({ command: 'evaluate' }, batch)),
    predict: async (batch) => (await peer.ask({ command: 'predict' }, batch)).rows,
    keep: () => peer.ask({ command: 'keep' }),
    takeBest: () => peer.ask({ command: 'take-best' }),
    stop: peer.stop,
  }
}
