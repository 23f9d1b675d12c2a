import { describe, expect, it } from 'vitest'
import { recipes } from '#spillway/models/recipes.js'
import { joinedFolds } from '#spillway/report/folds.js'
import { sharesBelow, workingPoints } from '#spillway/report/roc.js'
import type { ReportedRun } from '#spillway/report/run-report.js'
import { runSchema } from '#spillway/train/config.js'
import { normalRandom } from '#spillway/train/layers/initial.js'
import { scoreTable } from '#spillway/train/score-table.js'

const recipe = await recipes.find(({ system }) => system === 'lundnet')!.recipe()
const ITEMS = 1000

/** A fold whose scores are higher where `truth` is 1, on a scale of its own: shifted and stretched. */
function fold(name: string, split: object, scale: (score: number) => number): ReportedRun {
  const normal = normalRandom(name.length)
  const truth = Float64Array.from({ length: ITEMS }, (_, row) => row % 2)
  const config = runSchema(recipe).parse({
    system: 'lundnet',
    data: { files: ['x.arrow'], split },
    recipe: {},
  })
  const table = scoreTable(
    new Map([
      ['split', Float64Array.from(truth, (_, row) => (row < ITEMS / 10 ? 0 : 2))],
      ['origin', truth],
      ['target.is_signal', truth],
      ['score.p_w', truth.map((is) => scale(normal() + 2 * is))],
    ]),
  )
  return { name, config, table, result: { metrics: {} } } as unknown as ReportedRun
}

const half = { test: 0.5, validation: 0.1 }
const first = fold('plain-0', half, (score) => score)
const second = fold('plain-one', { ...half, rotate: 0.5 }, (score) => 5 + 10 * score)
const task = recipe.task(first.config.recipe)

describe('folds taken together', () => {
  it('pass as many background items at an efficiency as each does at its own cut', () => {
    const { name, table, result } = joinedFolds(task, [first, second])
    expect([name, table.rows]).toEqual(['plain', 2 * 0.9 * ITEMS])
    const passing = [first, second].map((run) => {
      const [score, truth] = ['score.p_w', 'target.is_signal'].map((column) => run.table.column(column))
      const part = (wanted: number) => score.filter((_, row) => row >= ITEMS / 10 && truth[row] === wanted)
      const [{ rejection }] = workingPoints(part(1), part(0), [0.5])
      return (0.45 * ITEMS) / rejection
    })
    expect(passing[0]).not.toBe(passing[1])
    const { rejection_50, cut_50 } = result.metrics.test
    expect((0.9 * ITEMS) / rejection_50).toBeCloseTo(passing[0] + passing[1], 9)
    expect(cut_50).toBeCloseTo(0.5, 2)
  })

  it('must not share test events', () => {
    const refused = (...folds: readonly ReportedRun[]) => {
      try {
        joinedFolds(task, folds)
      } catch (error) {
        return (error as Error).message
      }
    }
    expect(refused(first, first)).toBe('the test parts of plain-0 and plain-0 share events')
    const third = (rotate: number, test = 1 / 3) =>
      fold('x', { test, validation: 0.1, rotate }, (score) => score)
    expect(refused(third(0), third(1 / 3), third(2 / 3))).toBeUndefined()
    expect(refused(third(0), third(1 / 3), third(0.6))).toContain('share events')
    expect(refused(third(0), third(0.5, 0.5))).toBeUndefined()
    expect(refused(third(0.5), third(0, 0.6))).toContain('share events')
    expect(refused(third(0), fold('y', { ...half, rotate: 0.5, salt: 'other' }, Number))).toContain(
      'share events',
    )
  })

  it('are those of systems that can compare their scores', async () => {
    const other = await recipes.find(({ system }) => system === 'h4l-classifier')!.recipe()
    const options = runSchema(other).parse({ system: 'h4l-classifier', data: { files: ['x'] } }).recipe
    expect(() => joinedFolds(other.task(options), [first, second])).toThrow('share no scale')
  })
})

it('shares below count ties half', () => {
  expect([...sharesBelow([0, 1, 1.5, 2, 3], [1, 2, 2, 2.5])]).toEqual([0, 0.125, 0.25, 0.5, 1])
})
