import { createRequire } from 'node:module'
import { listSupportedBackends } from 'onnxruntime-node'
import { afterEach, describe, expect, it } from 'vitest'
import { createExecutor, type Executor } from '#spillway/train/executor/index.js'
import { initialise } from '#spillway/train/layers/index.js'
import { makeBatch } from './data.js'
import { models, programOf } from './models.js'
import { compareTraining } from './training.js'

const model = models[1]
const program = programOf(model)
const initial = initialise(model.parameters, 1)
const batch = makeBatch(program.inputs, { B: 16, N: 8 }, 1)

const open: Executor[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((executor) => executor.close()))
})

async function start(config: Parameters<typeof createExecutor>[0]): Promise<Executor> {
  const executor = await createExecutor(config, program, initial)
  open.push(executor)
  return executor
}

function installed(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name)
    return true
  } catch {
    return false
  }
}

describe.each(['onnx', 'tfjs'] as const)('%s executor', (name) => {
  it('does queued calls in order and counts the steps', async () => {
    const executor = await start({ executor: name })
    const losses = await Promise.all([0.01, 0.01, 0.01, 0.01].map((rate) => executor.step(batch, rate)))
    expect(new Set(losses.map(({ loss }) => loss[0])).size).toBe(4)
    expect((await executor.state())['step'][0]).toBe(4)
  })

  it('restored, repeats itself bit for bit', async () => {
    const executor = await start({ executor: name, threads: 1 })
    await executor.step(batch, 0.01)
    const saved = await executor.state()
    const first = await executor.step(batch, 0.01)
    await executor.restore(saved)
    expect(await executor.step(batch, 0.01)).toEqual(first)
  })

  it('evaluates without changing anything', async () => {
    const executor = await start({ executor: name })
    const before = await executor.state()
    const { output, loss } = await executor.evaluate(batch)
    expect(output).toHaveLength(16)
    expect(loss).toHaveLength(1)
    expect(await executor.state()).toEqual(before)
  })
})

describe('onnx executor', () => {
  it('leaves the event loop free while a step computes', async () => {
    const executor = await start({ executor: 'onnx', threads: 1 })
    const large = makeBatch(program.inputs, { B: 20_000, N: 20 }, 1)
    await executor.step(batch, 0)
    let ticks = 0
    const timer = setInterval(() => ticks++, 2)
    const began = performance.now()
    await executor.step(large, 0)
    clearInterval(timer)
    expect(performance.now() - began).toBeGreaterThan(20)
    expect(ticks).toBeGreaterThan(3)
  })

  it('reports a batch that does not fit and goes on', async () => {
    const executor = await start({ executor: 'onnx' })
    const wrong = { ...batch, t: { data: new Float32Array(5), shape: [5, 1] } }
    await expect(executor.step(wrong, 0.01)).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(Number.isFinite((await executor.step(batch, 0.01))['loss'][0])).toBe(true)
  })

  it('after it was closed, refuses', async () => {
    const executor = await createExecutor({ executor: 'onnx' }, program, initial)
    await executor.close()
    await expect(executor.step(batch, 0.01)).rejects.toMatchObject({ code: 'WORKER_LOST' })
  })

  const hasCuda = listSupportedBackends().some(({ name, bundled }) => name === 'cuda' && bundled)
  it.skipIf(hasCuda)('says when a provider is not there', async () => {
    await expect(start({ executor: 'onnx', provider: 'cuda' })).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
    })
  })
})

describe.each(['tfjs-node', 'tfjs-node-gpu'] as const)('%s executor', (name) => {
  if (!installed(`@tensorflow/${name}`)) {
    it('says how to install the package, which is not here', async () => {
      const error = await start({ executor: name }).catch((cause: unknown) => cause)
      expect(error).toMatchObject({ code: 'DEPENDENCY_MISSING' })
      expect((error as { remedy: string }).remedy).toContain(`npm install @tensorflow/${name}`)
    })
    return
  }

  it('gives the losses of tfjs', async () => {
    const expected = await start({ executor: 'tfjs' })
    const actual = await start({ executor: name })
    for (let i = 0; i < 5; i++) {
      const want = (await expected.step(batch, 0.01))['loss'][0]
      expect((await actual.step(batch, 0.01))['loss'][0]).toBeCloseTo(want, 5)
    }
  })

  it.each(models)('$name: 20 steps as in tfjs', { timeout: 60_000 }, async (other) => {
    const { losses, tensors } = await compareTraining(other, { executor: name })
    const drifted = Object.entries(tensors).filter(
      ([tensor, difference]) => !other.nullGradient?.includes(tensor) && !(difference <= 1e-4),
    )
    expect(drifted).toEqual([])
    expect(losses.difference).toBeLessThanOrEqual(1e-4)
  })
})
