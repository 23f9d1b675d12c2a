import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  arrayDataset,
  cosine,
  exportWithProof,
  type FitOptions,
  oneCycle,
  readCheckpoint,
  fit as train,
} from '#spillway/train/fit/index.js'
import { dense, initialise, type Parameters } from '#spillway/train/layers/index.js'
import { adamW, type Batch } from '#spillway/train/trace/index.js'
import { makeBatch } from '../executor/data.js'
import { type Model, models, programOf } from '../executor/models.js'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spillway-fit-'))
})
afterEach(() => rm(directory, { recursive: true }))

const model = models[0]
const program = programOf(model, adamW())

/** 100 events whose target is whether the first two features have a positive sum. */
function sample(seed: number): Batch {
  const { x } = makeBatch({ x: { shape: [100, 4] } }, {}, seed)
  const t = Float32Array.from({ length: 100 }, (_, i) => (x.data[4 * i] + x.data[4 * i + 1] > 0 ? 1 : 0))
  return { x, t: { data: t, shape: [100, 1] } }
}

const options = (more: Partial<FitOptions> = {}): FitOptions => ({
  program,
  initial: initialise(model.parameters, 3),
  train: arrayDataset(sample(1), { batchSize: 16, seed: 5 }),
  validation: arrayDataset(sample(2), { batchSize: 64 }),
  schedule: cosine({ peak: 1e-2, steps: 28, warmup: 3 }),
  epochs: 4,
  executor: { executor: 'onnx', threads: 1 },
  ...more,
})

describe('fit', () => {
  it('learns, keeps the best epoch, and logs one line an epoch', async () => {
    const result = await train(options({ directory }))
    expect(result.reason).toBe('done')
    expect(result.history.map(({ steps }) => steps)).toEqual([7, 14, 21, 28])
    const losses = result.history.map(({ validation }) => validation['loss'])
    expect(losses.at(-1)).toBeLessThan(losses[0])
    expect(result.metrics?.['loss']).toBe(Math.min(...losses))
    expect(Object.keys(result.weights).toSorted()).toEqual(Object.keys(model.parameters).toSorted())
    const lines = (await readFile(join(directory, 'log.jsonl'), 'utf8')).trim().split('\n')
    expect(lines.map((line) => JSON.parse(line).epoch)).toEqual([0, 1, 2, 3])
  })

  it('resumed after an epoch, gives bit for bit what an uninterrupted run gives', async () => {
    const whole = await train(options())
    await train(options({ directory, epochs: 2 }))
    const resumed = await train(options({ directory }))
    expect(resumed.history).toEqual(whole.history)
    expect(resumed.weights).toEqual(whole.weights)
  })

  it('interrupted within an epoch, saves, and goes on bit for bit', async () => {
    const whole = await train(options())
    const stop = new AbortController()
    const onStep = (step: number) => {
      if (step === 10) stop.abort()
    }
    const interrupted = await train(options({ directory, signal: stop.signal, onStep }))
    expect(interrupted.reason).toBe('interrupted')
    const checkpoint = await readCheckpoint(join(directory, 'checkpoint.bin'))
    expect(checkpoint).toMatchObject({ epoch: 1 })
    expect(checkpoint?.batch).toBeGreaterThan(0)
    const resumed = await train(options({ directory }))
    expect(resumed.history).toEqual(whole.history)
    expect(resumed.weights).toEqual(whole.weights)
  })

  it('stops early when the validation loss no longer falls', async () => {
    const schedule = () => 0
    const result = await train(options({ schedule, epochs: 9, earlyStopping: { patience: 2, atLeast: 10 } }))
    expect(result.reason).toBe('stopped')
    expect(result.history).toHaveLength(3)
  })

  it('stops with the place when the loss is no longer finite', async () => {
    const run = train(options({ schedule: () => 1e38 }))
    await expect(run).rejects.toMatchObject({
      code: 'TRAIN_DIVERGED',
      place: expect.stringContaining('epoch 0, step'),
    })
  })

  it('refuses a damaged checkpoint by name', async () => {
    const path = join(directory, 'checkpoint.bin')
    await train(options({ directory, epochs: 1 }))
    await writeFile(path, (await readFile(path)).subarray(0, -8))
    await expect(train(options({ directory }))).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      place: path,
    })
  })
})

describe('a checkpoint of an earlier version', () => {
  it('is refused, and the error says what to do', async () => {
    const path = join(directory, 'checkpoint.bin')
    await train(options({ directory, epochs: 1 }))
    const bytes = await readFile(path)
    bytes.write('SPWCKPT1')
    await writeFile(path, bytes)
    await expect(train(options({ directory }))).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      place: path,
      message: expect.stringContaining('earlier Spillway'),
      remedy: expect.stringContaining('start the run anew'),
    })
  })
})

describe('schedules', () => {
  it('cosine rises, peaks and falls to its floor', () => {
    const rate = cosine({ peak: 2, steps: 110, warmup: 10, floor: 0.1 })
    expect([rate(0), rate(9), rate(10), rate(60), rate(110)].map((r) => +r.toFixed(6))).toEqual([
      0.2, 2, 2, 1.1, 0.2,
    ])
  })

  it('one cycle gives the numbers of PyTorch', () => {
    // torch.optim.lr_scheduler.OneCycleLR(max_lr=0.1, total_steps=10), torch 2.
    const rate = oneCycle({ peak: 0.1, steps: 10 })
    const expected = [
      0.004, 0.052, 0.1, 0.0950485, 0.0811745, 0.0611263, 0.0388741, 0.0188259, 0.0049519, 4e-7,
    ]
    expected.forEach((want, step) => {
      expect(rate(step)).toBeCloseTo(want, 6)
    })
  })
})

describe('exportWithProof', () => {
  /** An auxiliary output exists in training only. */
  const withoutTarget = (m: Model) =>
    Object.fromEntries(Object.entries(m.inputs).filter(([name]) => name !== 't'))

  it.each(models)('$name: the same numbers at many sizes, none included', async (m) => {
    const dynamic = Object.fromEntries(
      Object.entries(withoutTarget(m)).map(([name, spec]) => {
        // Trained on a fixed length, a recurrent model is exported for any.
        return [name, { shape: spec.shape.map((dim, axis) => (dim === 5 && axis === 1 ? 'N' : dim)) }]
      }),
    )
    const sizes = [1, 3, 32, 100].flatMap((B) => [1, 4, 9].map((N) => ({ B, N })))
    const samples = [...sizes, { B: 0, N: 4 }, { B: 2, N: 0 }].map((size) => makeBatch(dynamic, size, 8))
    const { onnx, parity } = await exportWithProof(
      { inputs: dynamic, weights: plain(m.parameters), predict: (w, i) => ({ output: m.forward(w, i) }) },
      initialise(m.parameters, 4),
      samples,
    )
    expect(onnx.length).toBeGreaterThan(100)
    expect(parity).toHaveLength(14)
    expect(parity.filter(({ finite }) => !finite)).toEqual([])
    expect(parity.slice(0, 12).every(({ compared, count }) => compared && count > 0)).toBe(true)
    expect(Math.max(...parity.map(({ difference }) => difference))).toBeLessThan(1e-5)
  })

  const plain = (parameters: Parameters) => parameters

  it('keeps auxiliary outputs out', async () => {
    const main = dense('main', { inputs: 4, outputs: 1 })
    const { onnx } = await exportWithProof(
      {
        inputs: { x: { shape: ['B', 4] } },
        weights: main.parameters,
        predict: (w, { x }) => ({ score: main.apply(w, x) }),
      },
      { ...initialise(main.parameters, 1), 'auxiliary/kernel': new Float32Array(400) },
      [makeBatch({ x: { shape: [3, 4] } }, {}, 1)],
    )
    expect(onnx.length).toBeLessThan(1000)
  })
})
