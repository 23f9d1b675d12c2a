import { describe, expect, it } from 'vitest'
import { fixed, number } from '#spillway/report/run-report.js'

describe('numbers of a report', () => {
  it('have five digits, and are a dash where a run has none', () => {
    expect([0.123456789, 123456.7, 0].map(number)).toEqual(['0.12346', '123460', '0'])
    const read = JSON.parse(JSON.stringify({ rejection: Number.POSITIVE_INFINITY }))
    expect([read.rejection, undefined, Number.NaN].map(number)).toEqual(['-', '-', '-'])
  })

  it('have no sign when they round to zero', () => {
    expect([fixed(-0.00001, 4), fixed(-0.2, 1)]).toEqual(['0.0000', '-0.2'])
  })
})
