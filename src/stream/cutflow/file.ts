import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { addCutFlows, type CutFlowCounts } from './counts.js'
import { type CutFlowReport, cutFlowReports } from './report.js'

const FILE = 'cutflow.json'

/** What `cutflow.json` holds, beside the scores. */
export interface CutFlowFile {
  readonly pipeline: string
  readonly steps: readonly CutFlowReport[]
}

/**
 * Writes the cut-flows of a folder of scores: the sum over its lanes, of the events in their parts, also of those that an
 * earlier, killed run put there. Without any, an old report is removed.
 */
export function writeCutFlows(folder: string, pipeline: string, lanes: readonly CutFlowCounts[]): void {
  const counts = lanes.reduce((sum, one) => addCutFlows(sum, one), {} as CutFlowCounts)
  const path = join(folder, FILE)
  if (Object.keys(counts).length === 0) {
    rmSync(path, { force: true })
    return
  }
  const content: CutFlowFile = { pipeline, steps: cutFlowReports(counts) }
  writeFileSync(`${path}.tmp`, `${JSON.stringify(content, null, 2)}\n`)
  renameSync(`${path}.tmp`, path)
}

/** The report of a folder of scores; `null` when there is none. */
export function readCutFlows(folder: string): CutFlowFile | null {
  const path = join(folder, FILE)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as CutFlowFile) : null
}
