import { describe, expect, it } from 'vitest'
import { compareCase, finiteCount, type Sizes } from '../trace/parity.js'
import { packedCases } from './packedCases.js'

/** At N = 1 and 2 many of the events have no token at all. */
const sizes: readonly Sizes[] = [
  { B: 1, N: 9 },
  { B: 3, N: 7 },
  { B: 40, N: 2 },
  { B: 20, N: 1 },
  { B: 5, N: 33 },
]

const empty: readonly Sizes[] = [
  { B: 0, N: 4 },
  { B: 3, N: 0 },
]

describe('layers without padding, values and gradients against tfjs cpu', () => {
  it.each(packedCases)('$name', async (parity) => {
    const { worst, compared } = await compareCase(parity, sizes)
    expect(compared).toBeGreaterThan(0)
    expect(worst).toBeLessThanOrEqual(parity.tolerance ?? 1e-5)
  })
})

describe('events without tokens and batches without events give finite numbers', () => {
  it.each(packedCases)('$name', async (parity) => {
    for (const size of empty) expect(await finiteCount(parity, size)).toBeGreaterThanOrEqual(0)
  })
})
