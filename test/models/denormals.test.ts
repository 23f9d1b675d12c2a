import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

/** The sum of 1,000 denormal numbers, each made by a product, in a thread of its own. */
const SUM = `
  const factors = new Float64Array([1e-310, 1])
  let sum = 0
  for (let i = 0; i < 1000; i++) sum += factors[0] * factors[1]
  require('node:worker_threads').parentPort.postMessage(sum)`

/** In a process of its own: ONNX Runtime looks at the option once in a process. */
const PROGRAM = `
  import { Worker } from 'node:worker_threads'
  import { denormalsAsZero } from '#spillway/models/denormals.js'
  const thread = () => new Promise((resolve, reject) =>
    new Worker(${JSON.stringify(SUM)}, { eval: true, execArgv: [] }).once('message', resolve).once('error', reject))
  const before = await thread()
  await denormalsAsZero()
  console.log(JSON.stringify({ before, after: [await thread(), await thread()] }))`

describe('denormal numbers', () => {
  it.runIf(process.arch === 'x64' && process.platform === 'linux')(
    'are zero in every thread that is started afterwards, not in one only',
    () => {
      const said = execFileSync(process.execPath, ['--input-type=module', '-e', PROGRAM], {
        encoding: 'utf8',
      })
      const { before, after } = JSON.parse(said) as { before: number; after: number[] }
      expect(before).toBeCloseTo(1e-307, 312)
      expect(before).toBeGreaterThan(0)
      expect(after).toEqual([0, 0])
    },
  )
})
