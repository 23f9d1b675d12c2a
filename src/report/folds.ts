import { SpillwayError } from '../errors.js'
import type { DataConfig } from '../train/config.js'
import type { Task } from '../train/recipe.js'
import { inSplit, joinedTables, type ScoreTable } from '../train/score-table.js'
import type { ReportedRun } from './run-report.js'

/** Of shares of the hash, which are read from YAML. */
const ROUNDING = 1e-9

/** Test parts of one task, each scored by a training of its own, as one: every item once, scores on a common scale. */
export function joinedTests({ comparable }: Task, tests: readonly ScoreTable[]): ScoreTable {
  if (comparable !== undefined) return joinedTables(tests.map(comparable))
  throw new SpillwayError('CONFIG_INVALID', 'the scores of this system’s folds share no scale', {
    place: '--folds',
    remedy: 'Report the runs side by side, without --folds.',
  })
}

/**
 * Folds of one training as one run: the items are those of the test parts of all of them, each with the score of the run
 * that was not trained on it; all else is the first one's.
 * @throws SpillwayError CONFIG_INVALID where two test parts share events, or for a system whose scores are not comparable
 */
export function joinedFolds(task: Task, folds: readonly ReportedRun[]): ReportedRun {
  checkApart(folds)
  const [first] = folds
  const table = joinedTests(
    task,
    folds.map((fold) => inSplit(fold.table, 'test')),
  )
  const metrics = { ...first.result.metrics, test: task.metrics(table) }
  return { ...first, name: nameOf(folds), result: { ...first.result, metrics }, table }
}

function checkApart(folds: readonly ReportedRun[]): void {
  folds.forEach(({ name, config }, i) => {
    const other = folds.slice(0, i).find((before) => !areApart(before.config.data, config.data))
    if (other === undefined) return
    throw new SpillwayError('CONFIG_INVALID', `the test parts of ${other.name} and ${name} share events`, {
      place: '--folds',
      remedy:
        'Train k folds with data.split.test=1/k and data.split.rotate=0, 1/k, 2/k, …; without data.exclude.',
    })
  })
}

/** Whether no event is in the test parts of both: test parts are ranges of the hash, which a rotation moves back. */
function areApart(a: DataConfig, b: DataConfig): boolean {
  const distance = (1 + b.split.rotate - a.split.rotate) % 1
  const isFree = distance > b.split.test - ROUNDING && 1 - distance > a.split.test - ROUNDING
  return isFree && a.split.salt === b.split.salt && a.exclude.length + b.exclude.length === 0
}

/** What the names begin with; all of them where that is nothing. */
function nameOf(folds: readonly ReportedRun[]): string {
  const [first, ...others] = folds.map(({ name }) => name)
  let length = first.length
  for (const other of others) while (!other.startsWith(first.slice(0, length))) length--
  const common = first.slice(0, length).replace(/[-_./ ]+$/, '')
  return common === '' ? folds.map(({ name }) => name).join(' + ') : common
}
