import { describe, expect, it } from 'vitest'
import { type ComparedRun, comparedRuns } from '#spillway/report/paired.js'
import type { ReportFigure } from '#spillway/report/report.js'
import { normalRandom } from '#spillway/train/layers/initial.js'

const ITEMS = 2000
const normal = normalRandom(7)
const signal = Float64Array.from({ length: ITEMS }, (_, i) => i % 2)
const common = Float64Array.from({ length: ITEMS }, () => normal())
/** A score that separates by so much; what it is off by is mostly the same in every run. */
const run = (name: string, separation: number, factor = 1): ComparedRun => ({
  name,
  items: {
    score: common.map((x, i) => x + 0.1 * normal() + separation * signal[i]),
    signal,
    weight: new Float64Array(ITEMS).fill(0.02 * factor),
  },
})

const rowsOf = ([figure]: readonly ReportFigure[]): readonly (readonly string[])[] =>
  'rows' in figure.content ? figure.content.rows : []
const numbers = (text: string): number[] => text.split(' ± ').map(Number)

describe('runs side by side', () => {
  it('gives differences a smaller error than two independent samples would have', () => {
    const rows = rowsOf(comparedRuns([run('first', 1), run('second', 1.1, 1.003)], 0.6, true))
    expect(rows.map(([name]) => name)).toEqual(['first', 'second', 'second − first'])
    for (const column of [1, 2, 3]) {
      const [[a, ea], [b, eb], [difference, error]] = rows.map((row) => numbers(row[column]))
      expect(Math.abs(difference - (b - a))).toBeLessThan(0.1 * Math.max(ea, eb))
      expect(error).toBeGreaterThan(0)
      expect(error).toBeLessThan(0.6 * Math.hypot(ea, eb))
    }
    const [, area, background] = rows[2].map((text) => numbers(text)[0])
    expect(area).toBeGreaterThan(0)
    expect(background).toBeLessThan(0)
  })

  it('has the area that two normal distributions have', () => {
    const [[, text]] = rowsOf(comparedRuns([run('first', 1), run('second', 1)], 0.6, false))
    const [area, error] = numbers(text)
    // Φ(d / √2) for normal scores d apart, of a spread of √1.01.
    expect(Math.abs(area - 0.7591)).toBeLessThan(4 * error)
    expect(error).toBeCloseTo(0.0107, 2)
  })

  it('leaves out runs of other events, and says nothing of one run', () => {
    const other = run('other', 1)
    const fewer = {
      ...other,
      items: { ...other.items, score: Float64Array.from(other.items.score).slice(1) },
    }
    const flipped = { ...other, items: { ...other.items, signal: signal.map((is) => 1 - is) } }
    expect(comparedRuns([run('first', 1), fewer, flipped], 0.6, false)).toEqual([])
    expect(comparedRuns([run('first', 1)], 0.6, false)).toEqual([])
  })
})
