import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { SpillwayError } from '../errors.js'
import type { SampleCounts } from './data/sample.js'
import type { EpochRecord, ParityEntry } from './fit/index.js'
import type { Importance } from './importance.js'
import type { Split } from './score-table.js'

/** Files of a run, by what they hold. */
export const runFiles = (folder: string) => ({
  /** The configuration, resolved: every default written out. */
  config: join(folder, 'config.yaml'),
  /** One line an epoch. */
  log: join(folder, 'log.jsonl'),
  checkpoint: join(folder, 'checkpoint.bin'),
  bundle: join(folder, 'bundle'),
  /** Scored items of all parts; see docs/training.md. */
  scores: join(folder, 'scores.arrow'),
  /** `RunResult` as JSON. */
  result: join(folder, 'result.json'),
  report: join(folder, 'report.html'),
  reportJson: join(folder, 'report.json'),
})

/** A file that was trained on. */
export interface DataDigest {
  readonly file: string
  readonly sha256: string
}

/** What a finished run leaves, besides its model: the source of its report. */
export interface RunResult {
  readonly system: string
  readonly seed: number
  readonly reason: 'done' | 'stopped'
  readonly history: readonly EpochRecord[]
  readonly bestEpoch: number
  readonly counts: SampleCounts
  readonly classes: readonly string[]
  /** Trained numbers in the network. */
  readonly parameters: number
  readonly parity: readonly ParityEntry[]
  readonly data: readonly DataDigest[]
  /** Figures of merit of each part; of the training part on those items that were scored. */
  readonly metrics: Readonly<Record<Split, Readonly<Record<string, number>>>>
  /** What the inputs are worth, where `importance` was asked for. */
  readonly importance?: readonly Importance[]
  readonly seconds: { readonly fit: number; readonly all: number }
}

export async function writeResult(folder: string, result: RunResult): Promise<void> {
  await writeFile(runFiles(folder).result, `${JSON.stringify(result, null, 2)}\n`)
}

/** @throws SpillwayError FILE_UNREADABLE when the run is not finished or is none. */
export async function readResult(folder: string): Promise<RunResult> {
  const path = runFiles(folder).result
  try {
    return JSON.parse(await readFile(path, 'utf8')) as RunResult
  } catch (cause) {
    throw new SpillwayError('FILE_UNREADABLE', `${folder} holds no finished run`, {
      place: path,
      remedy: 'Finish it with `spillway train <system> --out <folder> --resume`.',
      cause,
    })
  }
}

/** Digests of files, read as streams. */
export function digestsOf(paths: readonly string[]): Promise<DataDigest[]> {
  return Promise.all(
    paths.map(async (path) => {
      const hash = createHash('sha256')
      for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
      return { file: basename(path), sha256: hash.digest('hex') }
    }),
  )
}
