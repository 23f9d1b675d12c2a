// A contestant of the training bench in a process of its own, so that its CPU time can be told: reads requests
// { steps } a line, answers { cpu, wall, loss } a line, times in seconds a step.
import { createInterface } from 'node:readline'
import { createExecutor } from '#spillway/train/executor/index.js'
import { initialise } from '#spillway/train/layers/index.js'
import { modelOf } from './models.mjs'

const [id, threads, rate] = process.argv.slice(2)
const { program, parameters, batch } = modelOf(id)
const config = { executor: 'onnx', threads: Number(threads) }
const executor = await createExecutor(config, program, initialise(parameters, 1))
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`)

say({ ready: { node: process.version } })
for await (const line of createInterface({ input: process.stdin })) {
  const { steps } = JSON.parse(line)
  const before = process.cpuUsage()
  const began = performance.now()
  let loss
  for (let step = 0; step < steps; step++) loss = (await executor.step(batch, Number(rate))).loss[0]
  const wall = (performance.now() - began) / 1e3
  const { user, system } = process.cpuUsage(before)
  say({ cpu: (user + system) / 1e6 / steps, wall: wall / steps, loss })
}
await executor.close()
