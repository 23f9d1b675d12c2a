import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitSizes } from '#spillway/train/trace/fit.js'
import { evaluate, tracePoints } from '#spillway/train/trace/sizes.js'

const small = fc.integer({ min: -9, max: 9 })

describe('fitSizes', () => {
  const one = tracePoints(['B'])
  const two = tracePoints(['B', 'N'])
  const elsewhere = { B: 100, N: 3 }

  it('traces at two more sizes than there are axes', () => {
    expect(tracePoints([])).toHaveLength(1)
    expect(one).toHaveLength(3)
    expect(two).toHaveLength(4)
  })

  it('finds a · B + c and predicts it at a size that was not traced', () => {
    fc.assert(
      fc.property(small, small, (a, c) => {
        const of = (B: number) => a * B + c
        const fit = fitSizes(
          one.map(({ B }) => of(B)),
          one,
          true,
        )
        expect(fit && evaluate(fit, { B: 100 })).toBe(of(100))
      }),
    )
  })

  it('finds the sizes that two axes give: products, sums, products with sums', () => {
    const functions: readonly ((B: number, N: number) => number)[] = [
      (B, N) => B * N,
      (B, N) => 3 * B * N * N,
      (B, N) => N + 2 * B + 5,
      (B, N) => B * (N + 1) * 4,
      (_, N) => N * N,
      (B, N) => B * N + 7,
    ]
    for (const of of functions) {
      const fit = fitSizes(
        two.map(({ B, N }) => of(B, N)),
        two,
        true,
      )
      expect(fit && evaluate(fit, elsewhere)).toBe(of(100, 3))
    }
  })

  it('finds reciprocals for scalars', () => {
    const of = (B: number, N: number) => 0.7 / (B * N)
    const fit = fitSizes(
      two.map(({ B, N }) => Math.fround(of(B, N))),
      two,
      false,
    )
    expect(fit && evaluate(fit, elsewhere)).toBeCloseTo(of(100, 3), 8)
  })

  it('finds nothing where there is nothing to find', () => {
    expect(
      fitSizes(
        one.map(({ B }) => Math.floor(B / 2)),
        one,
        true,
      ),
    ).toBeUndefined()
    expect(
      fitSizes(
        one.map(({ B }) => 2 ** B),
        one,
        true,
      ),
    ).toBeUndefined()
  })
})
