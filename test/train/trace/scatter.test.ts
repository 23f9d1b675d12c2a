import * as tf from '@tensorflow/tfjs'
import * as ort from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { traceGraph } from '#spillway/train/trace/index.js'
import { normals, uniform } from '../../support/random.js'

const ROWS = 500
const WIDTH = 8
const UPDATES = 120_000

/**
 * ONNX Runtime's CPU ScatterND(add) loses updates when several threads add to one row; small tests do not show it.
 * These stand guard over what is recorded instead, with many updates on few rows and two threads.
 */
const cases: readonly [string, (x: tf.Tensor, ids: tf.Tensor) => tf.Tensor][] = [
  ['unsortedSegmentSum', (x, ids) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, ROWS)],
  ['scatterND', (x, ids) => tf.scatterND(tf.reshape(ids, [-1, 1]), x, [ROWS, WIDTH])],
  [
    'the gradient of gather',
    (x, ids) =>
      tf.grad((table) => tf.sum(tf.mul(tf.gather(table, ids as tf.Tensor1D), x)))(tf.zeros([ROWS, WIDTH])),
  ],
]

describe('scatter-add with many updates and two threads', () => {
  it.each(cases)('%s adds every update', async (_, fn) => {
    const inputs = { x: { shape: ['N', WIDTH] }, ids: { shape: ['N'], dtype: 'int32' } } as const
    const model = traceGraph(({ x, ids }) => ({ y: fn(x, ids) }), inputs)
    expect(Buffer.from(model).includes('ScatterND')).toBe(false)

    const updates = normals(UPDATES * WIDTH, 1).map((v) => v + 3)
    const next = uniform(2)
    const ids = Int32Array.from({ length: UPDATES }, () => Math.floor(next() * ROWS))
    const expected = new Float64Array(ROWS * WIDTH)
    for (let i = 0; i < UPDATES; i++) {
      for (let k = 0; k < WIDTH; k++) expected[ids[i] * WIDTH + k] += updates[i * WIDTH + k]
    }

    const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 2 })
    for (let run = 0; run < 3; run++) {
      const { y } = await session.run({
        x: new ort.Tensor('float32', updates, [UPDATES, WIDTH]),
        ids: new ort.Tensor('int32', ids, [UPDATES]),
      })
      const actual = y.data as Float32Array
      const worst = expected.reduce((max, want, i) => Math.max(max, Math.abs(actual[i] - want) / want), 0)
      expect(worst).toBeLessThan(1e-5)
    }
    await session.release()
  })
})
