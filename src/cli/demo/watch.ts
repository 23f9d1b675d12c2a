import { existsSync, readdirSync, rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { recut } from '../../ingest/arrow/index.js'
import { ArrowFileWriter } from '../../ingest/arrow/write-file.js'
import { type LoadedPipeline, loadPipeline } from '../../stream/config/load.js'
import { isModelStep } from '../../stream/config/schema.js'

/** Events of one message: few, so that a moderate rate still makes a steady flow. */
const MESSAGE_ROWS = 64
const RATE = 4_000
const COMMIT_MS = 200
const KEPT_FILES = 20
const PRUNE_MS = 5_000

/** What a watched demo runs. */
export interface WatchedDemo {
  readonly pipeline: LoadedPipeline
  /** Ends the removal of old output. */
  stop(): void
}

/**
 * The demo's Z + jet pipeline, reading its events again and again at a steady pace, with the live page. Only the newest
 * output files are kept.
 * @param folder The demo's.
 * @param port Of the live page; 0: a free one.
 */
export async function watchedDemo(folder: string, port: number): Promise<WatchedDemo> {
  const out = join(folder, 'out', 'watch')
  rmSync(out, { recursive: true, force: true })
  const input = join(out, 'input.arrow')
  await inSmallBatches(join(folder, 'data', 'zj.arrow'), input)
  const loaded = loadPipeline(join(folder, 'pipelines', 'zjets.yaml'))
  const { sink, steps } = loaded.config
  const folders = ['scores', 'accepted', 'dead-letters'].map((name) => join(out, name))
  const [scores, accepted, deadLetters] = folders.map((files) => ({ files, format: 'arrow' as const }))
  const config: LoadedPipeline['config'] = {
    ...loaded.config,
    // A device that is not there is nothing wrong here, and the page would say so.
    steps: steps.map((step) => (isModelStep(step) ? { ...step, provider: 'cpu' } : step)),
    source: { files: [input], rows: MESSAGE_ROWS, rate: RATE, repeat: 0 },
    sink: {
      ...sink,
      scores,
      accepted,
      dead_letters: { files: deadLetters.files },
      commit: { ...sink.commit, interval_ms: COMMIT_MS },
    },
    http: { host: '127.0.0.1', port, stalled_s: 60, live: true, group: false, group_actions: false },
  }
  const timer = setInterval(() => folders.forEach(prune), PRUNE_MS)
  return { pipeline: { ...loaded, config }, stop: () => clearInterval(timer) }
}

async function inSmallBatches(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  const writer = await ArrowFileWriter.open(to)
  for await (const { bytes } of recut(from, { batchRows: MESSAGE_ROWS })) await writer.append(bytes)
  await writer.finish()
}

/** Removes all but the newest parts: their names ascend. */
function prune(folder: string): void {
  if (!existsSync(folder)) return
  const parts = readdirSync(folder).filter((name) => name.endsWith('.arrow'))
  for (const name of parts.sort().slice(0, -KEPT_FILES)) rmSync(join(folder, name))
}
