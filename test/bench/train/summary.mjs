import Table from 'cli-table3'
import { peers, slices } from './slices.mjs'

/** A row for each figure and peer: our mean and range over the seeds beside the peer's. */
export const rowsOf = (lines) =>
  [...new Set(lines.map(({ id }) => id))].flatMap((id) => rowsOfSlice(id, lines))

function rowsOfSlice(id, lines) {
  const { title, figures } = slices[id]
  const own = lines.filter((line) => line.id === id)
  const [{ items, epochs }] = own
  return Object.entries(figures).flatMap(([name, figure]) =>
    Object.keys(own[0].peers).map((peer) => ({
      ...{ id, title, name, figure, peer, items, epochs },
      spillway: spreadOf(own.map((line) => line.spillway[name])),
      twin: spreadOf(own.map((line) => line.peers[peer][name])),
    })),
  )
}

function spreadOf(values) {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  return { mean, range: Math.max(...values) - Math.min(...values), values }
}

/**
 * No worse than the twin: our mean is not below the twin's by more than the range of the seeds of either. Of one seed nothing
 * is said.
 */
export function targetOf({ id, title, name, figure, peer, spillway, twin }) {
  const ahead = spillway.mean - twin.mean
  return {
    id: `twin-${id}-${peer}-${name}`,
    target: `${title}: ${figure} >= ${peers[peer]}, within the range of the seeds`,
    value: Number(ahead.toPrecision(3)),
    ok: spillway.values.length > 1 ? ahead >= -Math.max(spillway.range, twin.range) : null,
  }
}

export function printTable(rows) {
  const head = ['model', 'figure', 'spillway', 'range', 'twin', 'mean', 'range', 'ahead', 'ratio']
  const table = new Table({ head, style: { head: [], border: [] } })
  const digits = (value) => value.toPrecision(4)
  const measured = ({ value, error }) => `${value.toPrecision(3)} ± ${error.toPrecision(2)}`
  for (const { title, figure, peer, spillway, twin, ahead, ratio } of rows) {
    const [mean, range, theirs, theirRange] = [spillway.mean, spillway.range, twin.mean, twin.range].map(
      digits,
    )
    const errors = [ahead, ratio].map(measured)
    table.push([title, figure, mean, range, peers[peer], theirs, theirRange, ...errors])
  }
  process.stdout.write(
    `\nTest part, means over the seeds; errors of what ours is ahead by a bootstrap over its items\n${table.toString()}\n`,
  )
}
