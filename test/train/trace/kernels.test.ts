import { describe, expect, it } from 'vitest'
import { binaryCases, unaryCases } from './cases/elementwise.js'
import { gatherCases } from './cases/gather.js'
import { convolutionCases, productCases } from './cases/product.js'
import { reduceCases, shapeCases } from './cases/shape.js'
import { compareCase, type ParityCase, type Sizes } from './parity.js'

const sizes: readonly Sizes[] = [
  { B: 1, N: 2 },
  { B: 3, N: 9 },
  { B: 32, N: 5 },
]

const families: readonly (readonly [string, readonly ParityCase[]])[] = [
  ['unary', unaryCases],
  ['binary', binaryCases],
  ['shape', shapeCases],
  ['reduce', reduceCases],
  ['product', productCases],
  ['gather', gatherCases],
  ['convolution', convolutionCases],
]

describe.each(families)('%s kernels, values and gradients against tfjs cpu', (_, cases) => {
  it.each(cases)('$name', async (parity) => {
    const { worst, compared } = await compareCase(parity, sizes)
    expect(compared).toBeGreaterThan(0)
    expect(worst).toBeLessThanOrEqual(parity.tolerance ?? 1e-5)
  })
})
