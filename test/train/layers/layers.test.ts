import { describe, expect, it } from 'vitest'
import { compareCase, finiteCount, type Sizes } from '../trace/parity.js'
import { eventCases, recurrentCases, tokenCases } from './cases.js'

const sizes: readonly Sizes[] = [
  { B: 1, N: 1, M: 5 },
  { B: 3, N: 7, M: 2 },
  { B: 32, N: 4, M: 3 },
  { B: 100, N: 2, M: 1 },
]

const empty: readonly Sizes[] = [
  { B: 3, N: 0, M: 0 },
  { B: 0, N: 4, M: 3 },
]

describe('layers of tokens, values and gradients against tfjs cpu', () => {
  it.each(tokenCases)('$name', async (parity) => {
    const { worst, compared } = await compareCase(parity, sizes)
    expect(compared).toBeGreaterThan(0)
    expect(worst).toBeLessThanOrEqual(parity.tolerance ?? 1e-5)
  })
})

describe('layers of events, values and gradients against tfjs cpu', () => {
  it.each(eventCases)('$name', async (parity) => {
    const { worst, compared } = await compareCase(parity, sizes)
    expect(compared).toBeGreaterThan(0)
    expect(worst).toBeLessThanOrEqual(parity.tolerance ?? 1e-5)
  })
})

describe('recurrent layers, values and gradients at any length', () => {
  it.each(recurrentCases)('$name', async (parity) => {
    const { worst, compared } = await compareCase(parity, sizes)
    expect(compared).toBeGreaterThan(0)
    expect(worst).toBeLessThanOrEqual(1e-5)
  })
})

describe('events without tokens and batches without events give finite numbers', () => {
  const all = [...tokenCases, ...recurrentCases]
  it.each(all)('$name', async (parity) => {
    for (const size of empty) expect(await finiteCount(parity, size)).toBeGreaterThanOrEqual(0)
  })
})
