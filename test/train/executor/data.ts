import type { Batch, InputSpecs } from '#spillway/train/trace/index.js'
import { normals, uniform } from '../../support/random.js'

/** A batch for the inputs: normal numbers, prefix masks, targets 0 or 1. */
export function makeBatch(inputs: InputSpecs, sizes: Readonly<Record<string, number>>, seed: number): Batch {
  const entries = Object.entries(inputs).map(([name, { shape }], i) => {
    const dims = shape.map((dim) => (typeof dim === 'string' ? sizes[dim] : dim))
    const count = dims.reduce((a, b) => a * b, 1)
    return [name, { data: fill(name, dims, count, seed * 31 + i), shape: dims }] as const
  })
  return Object.fromEntries(entries)
}

function fill(name: string, dims: readonly number[], count: number, seed: number): Float32Array {
  const next = uniform(seed)
  if (name === 't') return Float32Array.from({ length: count }, () => (next() < 0.5 ? 0 : 1))
  if (name !== 'mask') return normals(count, seed)
  const length = dims[1]
  const rows = Array.from({ length: dims[0] }, () => 1 + Math.floor(next() * length))
  return Float32Array.from({ length: count }, (_, i) => (i % length < rows[Math.floor(i / length)] ? 1 : 0))
}

/** ‖a − b‖ / ‖b‖. */
export function relativeL2(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0
  let size = 0
  for (let i = 0; i < b.length; i++) {
    difference += (a[i] - b[i]) ** 2
    size += b[i] ** 2
  }
  return Math.sqrt(difference / (size || 1))
}
