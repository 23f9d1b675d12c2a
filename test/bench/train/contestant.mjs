import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { initialise } from '#spillway/train/layers/index.js'
import { modelOf } from './models.mjs'
import { startPeer, threadsOf } from './process.mjs'

const beside = (file) => fileURLToPath(new URL(file, import.meta.url))

/** Starts the ONNX executor in a process of its own. */
export const startOurs = (id, { threads, rate }) =>
  start('spillway', process.execPath, [beside('./ours.mjs'), id, threads, rate], {})

/**
 * Starts the PyTorch twin, which reads from `folder` what `writeTwin` left there. Its threads wait without spinning, as
 * ours do: with what OpenMP does by default it takes up to ten times the CPU on a busy machine.
 */
export const startTorch = (id, { threads, rate, interpreter, folder }) =>
  start('PyTorch', interpreter, [beside('./peer.py'), folder, id, threads, rate], threadsOf(threads))

/** Writes the batch and the starting weights of a model: MODEL.json with shapes and offsets, MODEL.f32. */
export function writeTwin(folder, id) {
  const { program, parameters, batch } = modelOf(id)
  const parts = []
  let offset = 0
  const place = (data, shape) => {
    parts.push(data)
    const spec = { shape, offset, size: data.length }
    offset += data.length
    return spec
  }
  const initial = initialise(parameters, 1)
  const weights = Object.entries(program.parameters).map(([name, { shape }]) => [
    name,
    place(initial[name], shape),
  ])
  const inputs = Object.entries(batch).map(([name, { data, shape }]) => [name, place(data, shape)])
  const spec = { weights: Object.fromEntries(weights), batch: Object.fromEntries(inputs) }
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${id}.json`), JSON.stringify(spec))
  const bytes = parts.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength))
  writeFileSync(join(folder, `${id}.f32`), Buffer.concat(bytes))
}

/** A contestant whose first line tells its versions. */
async function start(name, command, args, env) {
  const peer = startPeer(`the ${name} contestant`, command, args, env)
  const { ready } = await peer.answer()
  return {
    versions: ready,
    /** Trains some steps; gives CPU and wall seconds a step and the loss of the last. */
    train: (steps) => peer.ask({ steps }),
    stop: peer.stop,
  }
}
