import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Contestant } from './child.mjs'
import { loads } from './loads.mjs'

const beside = (name) => fileURLToPath(new URL(name, import.meta.url))
const node = (...args) => ({ command: process.execPath, args })

/** What the `spillway` command sets (src/cli/main.ts). */
const COMMAND = { env: { MALLOC_MMAP_THRESHOLD_: '131072' }, flags: ['--max-semi-space-size=4'] }

/** Raw ONNX Runtime on prepared tensors. */
export const ceiling = (load, plan) => {
  const { model, data } = loads[load]
  return new Contestant([
    node(beside('./ceiling.mjs'), JSON.stringify({ model, data, gather: 8192, ...plan })),
  ])
}

/** Spillway with a pipeline made of these parts; `more` are further keys of the pipeline file. */
export function spillway(
  load,
  { folder, name, source, sink, workers, broker, partitions = 1, step = {}, flags = [], ...more },
) {
  const file = join(folder, `${name}.yaml`)
  const pipeline = {
    name,
    source,
    steps: [{ name: loads[load].step, model: loads[load].model, provider: 'cpu', ...step }],
    sink: { columns: ['event'], dead_letters: { files: join(folder, 'dead-letters') }, ...sink },
    workers: { count: workers },
    ...(broker === undefined ? {} : { kafka: { brokers: [broker] } }),
    ...more,
  }
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(pipeline, null, 2))
  return new Contestant([
    {
      ...node(...COMMAND.flags, ...flags, beside('./spillway.mjs'), file, String(partitions)),
      env: COMMAND.env,
    },
  ])
}

/** Python consumers, one process a worker. */
export const python = (load, { interpreter, workers, chunk, broker, group, from, to }) =>
  new Contestant(
    Array.from({ length: workers }, () => ({
      command: interpreter,
      args: [
        beside('./python/consumer.py'),
        ...[load, join(loads[load].model, 'model.onnx'), String(chunk), broker, group, from, to],
      ],
      env: {
        OMP_NUM_THREADS: '1',
        OPENBLAS_NUM_THREADS: '1',
        ARROW_NUM_THREADS: '1',
        PYTHONDONTWRITEBYTECODE: '1',
      },
    })),
  )
