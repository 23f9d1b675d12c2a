import { expect, it } from 'vitest'
import { allFinite } from '#spillway/models/finite.js'

it('sees a value that is not finite wherever it stands', () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    for (let length = 0; length < 12; length++) {
      const values = Float32Array.from({ length }, (_, i) => (i - 5) * 3e37)
      expect(allFinite(values), `${length}`).toBe(true)
      for (let at = 0; at < length; at++)
        expect(allFinite(values.with(at, bad)), `${bad} at ${at} of ${length}`).toBe(false)
    }
  }
})
