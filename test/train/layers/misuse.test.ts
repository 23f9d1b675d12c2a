import { describe, expect, it } from 'vitest'
import { affineCoupling, attention, dense, initialise, joined } from '#spillway/train/layers/index.js'

describe('a model that cannot be built is refused', () => {
  it.each([
    [
      'two layers of one name',
      () => joined(dense('a', { inputs: 1, outputs: 1 }), dense('a', { inputs: 2, outputs: 1 })),
    ],
    ['heads that do not divide the size', () => attention('a', { size: 6, heads: 4 })],
    ['a coupling of an odd size', () => affineCoupling('a', { size: 3, context: 0, hidden: [] })],
  ])('%s', (_, build) => {
    expect(build).toThrowError(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })
})

describe('starting values', () => {
  it('depend on the seed and the name, not on the order of layers', () => {
    const a = dense('a', { inputs: 3, outputs: 2 })
    const b = dense('b', { inputs: 3, outputs: 2 })
    const forward = initialise(joined(a, b), 7)
    const backward = initialise(joined(b, a), 7)
    expect(forward['a/kernel']).toEqual(backward['a/kernel'])
    expect(forward['a/kernel']).not.toEqual(forward['b/kernel'])
    expect(forward['a/kernel']).not.toEqual(initialise(a.parameters, 8)['a/kernel'])
  })
})
