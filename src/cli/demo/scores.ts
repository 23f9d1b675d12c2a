import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeMessage, defaultLimits } from '../../ingest/arrow/index.js'

/** Number columns of all score files of a folder, joined in order; nulls are NaN. */
export function readScores(folder: string, paths: readonly string[]): ReadonlyMap<string, Float64Array> {
  const parts = readdirSync(folder)
    .filter((name) => name.endsWith('.arrow'))
    .sort()
    .map((name) => decodeMessage(readFileSync(join(folder, name)), defaultLimits))
  const rows = parts.reduce((sum, part) => sum + part.rows, 0)
  return new Map(
    paths.map((path) => {
      const joined = new Float64Array(rows)
      let at = 0
      for (const part of parts) {
        const { values } = part.column(path)
        for (let i = 0; i < part.rows; i++) joined[at + i] = Number(values[i])
        at += part.rows
      }
      return [path, joined]
    }),
  )
}
