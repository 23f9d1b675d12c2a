import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { exportWithProof } from '#spillway/train/fit/index.js'
import { edgeConvNorm, paddedEdges } from '#spillway/train/layers/index.js'
import { initialise } from '#spillway/train/layers/parameters.js'
import type { Arrays, Batch, Tensors } from '#spillway/train/trace/index.js'
import { normals } from '../../support/random.js'

const FEATURES = 3
const WIDTH = 4
const NODES = 5
const layer = edgeConvNorm('e', { features: FEATURES, widths: [WIDTH, WIDTH] })
const start = initialise(layer.parameters, 3)

/** Two graphs of five places: a tree of three splittings, and one of two; −1 where there is no neighbour. */
const POSITIONS = [
  [
    [-1, 1, 2],
    [0, -1, -1],
    [0, -1, -1],
    [-1, -1, -1],
    [-1, -1, -1],
  ],
  [
    [-1, 1, -1],
    [0, -1, -1],
    [-1, -1, -1],
    [-1, -1, -1],
    [-1, -1, -1],
  ],
]
const REAL = [3, 2]
const points = [...normals(2 * NODES * FEATURES, 5)]

/** The layer on these graphs; `rubbish` stands in the padding. */
function applied(weights: Arrays, training: boolean, rubbish = 0) {
  const x = points.map((value, at) => {
    const place = Math.floor(at / FEATURES)
    return place % NODES < REAL[Math.floor(place / NODES)] ? value : rubbish
  })
  const mask = POSITIONS.flatMap((graph, g) => graph.map((_, i) => (i < REAL[g] ? 1 : 0)))
  const positions = tf.tensor(POSITIONS)
  const neighbours = {
    indices: tf.cast(tf.maximum(positions, 0), 'int32'),
    valid: tf.cast(tf.greaterEqual(positions, 0), 'float32'),
  }
  const { output, state } = layer.apply(
    tensorsOf(weights),
    tf.tensor(x, [2, NODES, FEATURES]),
    paddedEdges(neighbours, tf.tensor(mask, [2, NODES])),
    training,
  )
  const numbers = Object.entries(state).map(([name, t]) => [name, [...t.dataSync()]] as const)
  return { output: [...output.dataSync()], state: Object.fromEntries(numbers) }
}

const tensorsOf = (weights: Arrays): Tensors =>
  Object.fromEntries(
    Object.entries(layer.parameters).map(([name, { shape }]) => [name, tf.tensor(weights[name], [...shape])]),
  )

/** Only the rows of real places. */
const real = (output: readonly number[]): number[] =>
  REAL.flatMap((count, g) => output.slice(g * NODES * WIDTH, (g * NODES + count) * WIDTH))

/** The same in sums over the edges that there are, one by one. */
function byHand(): number[] {
  const row = (g: number, i: number) =>
    points.slice((g * NODES + i) * FEATURES, (g * NODES + i + 1) * FEATURES)
  const product = (part: string, v: readonly number[]) =>
    Array.from({ length: WIDTH }, (_, c) =>
      v.reduce((sum, value, k) => sum + value * start[`e/${part}/kernel`][k * WIDTH + c], 0),
    )
  const standard = (rows: readonly (readonly number[])[]) => {
    const moments = Array.from({ length: WIDTH }, (_, c) => {
      const mean = rows.reduce((sum, r) => sum + r[c], 0) / rows.length
      return { mean, variance: rows.reduce((sum, r) => sum + (r[c] - mean) ** 2, 0) / rows.length }
    })
    return rows.map((r) => r.map((v, c) => (v - moments[c].mean) / Math.sqrt(moments[c].variance + 1e-5)))
  }
  const positive = (rows: readonly (readonly number[])[]) => rows.map((r) => r.map((v) => Math.max(0, v)))
  const nodes = REAL.flatMap((count, g) => Array.from({ length: count }, (_, i) => ({ g, i })))
  const edges = nodes.flatMap(({ g, i }, node) =>
    POSITIONS[g][i].filter((j) => j >= 0).map((j) => ({ node, own: row(g, i), other: row(g, j) })),
  )
  const first = edges.map(({ own, other }) => product('0', [...own, ...other.map((v, k) => v - own[k])]))
  const second = positive(standard(first)).map((h) => product('1', h))
  const deep = positive(standard(second))
  const own = standard(nodes.map(({ g, i }) => product('shortcut', row(g, i))))
  return nodes.flatMap((_, node) => {
    const mine = deep.filter((_, edge) => edges[edge].node === node)
    return own[node].map((v, c) => Math.max(0, v + mine.reduce((sum, h) => sum + h[c], 0) / mine.length))
  })
}

describe('edge convolution with batch normalisation', () => {
  it('normalises over the edges and points that there are', () => {
    const found = real(applied(start, true).output)
    const wanted = byHand()
    expect(wanted.filter((v) => v > 0).length).toBeGreaterThan(5)
    expect(found).toHaveLength(wanted.length)
    wanted.forEach((value, k) => {
      expect(found[k]).toBeCloseTo(value, 4)
    })
  })

  it('sees nothing of the padding, neither in the values nor in the statistics', () => {
    const [clean, dirty] = [applied(start, true), applied(start, true, 1e3)]
    expect(real(dirty.output)).toEqual(real(clean.output))
    expect(dirty.state).toEqual(clean.state)
  })

  it('gives in evaluation what it gave in training, once the running statistics are those of the batch', () => {
    const { output, state } = applied(start, true)
    const moved = Object.entries(state).map(([name, values]) => {
      // A step goes a tenth of the way to the statistics of the batch.
      return [name, Float32Array.from(values, (v, c) => (v - 0.9 * start[name][c]) / 0.1)] as const
    })
    expect(moved).toHaveLength(6)
    const known = { ...start, ...Object.fromEntries(moved) }
    const found = real(applied(known, false).output)
    real(output).forEach((value, k) => {
      expect(found[k]).toBeCloseTo(value, 3)
    })
    expect(real(applied(start, false).output)).not.toEqual(found)
  })

  it('is the same in ONNX Runtime, on none, one and many points', async () => {
    const weights = Object.fromEntries(
      Object.entries(start).map(([name, values], i) => {
        const noise = normals(values.length, i + 1)
        return [
          name,
          values.map((v, k) => (name.endsWith('variance') ? 0.5 + noise[k] ** 2 : v + 0.1 * noise[k])),
        ]
      }),
    )
    const sample = (batch: number, n: number): Batch => ({
      x: { data: Float32Array.from(normals(batch * n * FEATURES, batch + n)), shape: [batch, n, FEATURES] },
      // A chain: each point with the one before it.
      neighbours: {
        data: Float32Array.from({ length: batch * n * 2 }, (_, at) =>
          at % 2 ? -1 : (Math.floor(at / 2) % n) - 1,
        ),
        shape: [batch, n, 2],
      },
    })
    const { parity } = await exportWithProof(
      {
        inputs: { x: { shape: ['batch', 'n', FEATURES] }, neighbours: { shape: ['batch', 'n', 2] } },
        weights: layer.parameters,
        predict: (w, { x, neighbours }) => {
          const valid = tf.cast(tf.greaterEqual(neighbours, 0), 'float32')
          const indices = tf.cast(tf.maximum(neighbours, 0), 'int32')
          return { y: layer.apply(w, x, paddedEdges({ indices, valid }), false).output }
        },
      },
      weights,
      [sample(0, 4), sample(2, 0), sample(1, 1), sample(3, 7), sample(16, 20)],
    )
    expect(parity.every(({ finite }) => finite)).toBe(true)
    expect(parity.filter(({ compared, count }) => compared && count > 0)).toHaveLength(3)
    for (const { difference } of parity) expect(difference).toBeLessThan(1e-5)
  })
})
