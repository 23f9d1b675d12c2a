import type { Events } from '../../ingest/columns.js'

/** The process of each event, by its name: column `process`. */
export function processOf(events: Events): string[] {
  const { values, dictionary = [] } = events.column('process')
  return Array.from(values as ArrayLike<number | bigint>, (code) => dictionary[Number(code)])
}
