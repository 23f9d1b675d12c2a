// A worker as Spillway's own, but for messages that the pipeline's description names: `hang=t/0/5 crash=t/0/7 …`.
import { workerData } from 'node:worker_threads'
import { Processor } from '#spillway/stream/processor.js'

const faults = new Map(
  workerData.config.description
    .split(' ')
    .filter((part) => part.includes('='))
    .map((part) => [part.slice(part.indexOf('=') + 1), part.slice(0, part.indexOf('='))]),
)

function misbehave(how) {
  if (how === 'hang') for (;;);
  if (how === 'throw') throw new Error('a defect')
  if (how === 'exit') process.exit(3)
  if (how === 'segfault') process.kill(process.pid, 'SIGSEGV')
  if (how === 'memory') {
    const kept = []
    for (let i = 0; ; i++) kept.push(Array.from({ length: 10_000 }, (_, k) => `${i}/${k}`))
  }
}

const { process: work } = Processor.prototype
Processor.prototype.process = function (task) {
  for (const { place } of task.items) misbehave(faults.get(place))
  return work.call(this, task)
}
await import('#spillway/stream/worker.js')
