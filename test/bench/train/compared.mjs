import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { bootstrappedAll } from '#spillway/report/bootstrap.js'
import { joinedTests } from '#spillway/report/folds.js'
import { scoreTable } from '#spillway/train/score-table.js'

/** What a contestant found in every fold as one: the table of all test items, its figures, losses and seconds. */
export function wholeOf(task, figures, folds) {
  const tables = folds.map(({ table }) => table)
  const table = tables.length === 1 ? tables[0] : joinedTests(task, tables)
  const metrics = task.metrics(table)
  const { table: _, ...facts } = folds[0]
  const mean = (name) => folds.reduce((sum, fold) => sum + fold[name], 0) / folds.length
  return {
    table,
    facts: {
      ...Object.fromEntries(Object.keys(figures).map((name) => [name, metrics[name]])),
      ...facts,
      ...(facts.loss !== undefined && { loss: mean('loss') }),
      seconds: mean('seconds') * folds.length,
    },
  }
}

/** Scores of a peer as they lie in a file, or as `answer` finds them, which are then kept there. */
export async function keptScores(path, task, scored, answer) {
  const names = task.outputs.flatMap(({ columns }) => columns).map((column) => `score.${column}`)
  if (existsSync(path)) {
    const { columns, ...facts } = JSON.parse(readFileSync(path, 'utf8'))
    const all = scored.names.map((name) => [
      name,
      Float64Array.from(names.includes(name) ? columns[names.indexOf(name)] : scored.column(name)),
    ])
    return { table: scoreTable(new Map(all)), ...facts }
  }
  const { table, ...facts } = await answer()
  const columns = names.map((name) => Array.from(table.column(name)))
  writeFileSync(path, JSON.stringify({ columns, ...facts }))
  return { table, ...facts }
}

const REPLICAS = 50

/**
 * What ours has more than each peer in each figure, and its ratio to it, of means over the seeds, with errors by a bootstrap
 * over the test items, which are the same for all seeds and contestants: `of(peer, figure)` gives them.
 */
export function aheadOf(compared, figures) {
  const [{ tables, task }] = compared
  const [own, ...peers] = Object.keys(tables)
  const names = Object.keys(figures)
  const meansOf = (contestant, rows) => {
    const found = compared.map((one) => task.metrics(taken(one.tables[contestant], rows)))
    return names.map((name) => found.reduce((sum, metrics) => sum + metrics[name], 0) / found.length)
  }
  const measured = bootstrappedAll(
    (counts) => {
      const rows = repeated(counts)
      const ours = meansOf(own, rows)
      return peers.flatMap((peer) =>
        meansOf(peer, rows).flatMap((theirs, k) => [ours[k] - theirs, ours[k] / theirs]),
      )
    },
    new Float64Array(tables[own].rows).fill(1),
    REPLICAS,
  )
  return (peer, name) => {
    const at = 2 * (peers.indexOf(peer) * names.length + names.indexOf(name))
    return { ahead: measured[at], ratio: measured[at + 1] }
  }
}

/** Row numbers, each as often as it counts. */
const repeated = (counts) =>
  Int32Array.from(Array.from(counts, (count, row) => new Array(count).fill(row)).flat())

const taken = (table, rows) =>
  scoreTable(
    new Map(
      table.names.map((name) => {
        const column = table.column(name)
        return [name, Float64Array.from(rows, (row) => column[row])]
      }),
    ),
  )
