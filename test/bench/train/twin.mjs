import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('./twins.py', import.meta.url))

/**
 * The network of a run in PyTorch (twins.py), in a process of its own. `step` and `evaluate` are those of an executor;
 * `keep` remembers the weights, `takeBest` goes back to those remembered last, `predict` gives the rows of the output.
 */
export async function startTwin(interpreter, { config, parameters, initial }) {
  const env = { ...process.env, OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' }
  const child = spawn(interpreter, [script], { stdio: ['pipe', 'pipe', 'inherit'], env })
  child.on('error', () => {})
  child.stdin.on('error', () => {})
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ask = async (command, tensors = {}) => {
    const entries = Object.entries(tensors)
    const specs = entries.map(([name, { shape }]) => [name, shape])
    child.stdin.write(`${JSON.stringify({ ...command, tensors: specs })}\n`)
    for (const [, { data }] of entries) {
      const { buffer, byteOffset, byteLength } = Float32Array.from(data)
      if (!child.stdin.write(Buffer.from(buffer, byteOffset, byteLength))) await once(child.stdin, 'drain')
    }
    const { value, done } = await answers.next()
    if (done) throw new Error('the PyTorch twin ended')
    return JSON.parse(value)
  }
  const { optimizer, clip } = config.fit
  const weights = Object.entries(parameters).map(([name, { shape }]) => [
    name,
    { data: initial[name], shape },
  ])
  const trained = Object.keys(parameters).filter((name) => parameters[name].trained !== false)
  const { network } = config.recipe
  const start = {
    system: config.system,
    network,
    trained,
    seed: config.seed,
    decay: optimizer.weight_decay,
    clip,
  }
  await ask(start, Object.fromEntries(weights))
  const single = (result) =>
    Object.fromEntries(Object.entries(result).map(([name, value]) => [name, [value]]))
  return {
    step: async (batch, rate) => single(await ask({ command: 'step', rate }, batch)),
    evaluate: async (batch) => single(await ask({ command: 'evaluate' }, batch)),
    predict: async (batch) => (await ask({ command: 'predict' }, batch)).rows,
    keep: () => ask({ command: 'keep' }),
    takeBest: () => ask({ command: 'take-best' }),
    stop: () => child.kill(),
  }
}
