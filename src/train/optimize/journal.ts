import { appendFile, readFile, truncate } from 'node:fs/promises'
import { SpillwayError } from '../../errors.js'
import { jobId, type TrialJob, type TrialPool, type TrialResult } from './trial.js'

interface Entry {
  readonly id: string
  readonly job: TrialJob
  readonly result: TrialResult
  readonly seconds: number
}

/**
 * A pool that writes down every trial done, a line of JSON each, and does none twice. What is optimized is a function of
 * the configuration and the results, so going through it again with the journal leads to where it was, and on.
 * @throws SpillwayError FILE_UNREADABLE for a journal that is none
 */
export async function journaled(
  path: string,
  pool: TrialPool,
  onTrial: (job: TrialJob, result: TrialResult, isNew: boolean) => void = () => undefined,
): Promise<TrialPool> {
  const known = await readJournal(path)
  let writing: Promise<void> = Promise.resolve()
  const running = new Map<string, Promise<TrialResult>>()

  async function runAndWrite(id: string, job: TrialJob): Promise<TrialResult> {
    const began = performance.now()
    const result = await pool.run(job)
    const entry: Entry = { id, job, result, seconds: Math.round(performance.now() - began) / 1e3 }
    writing = writing.then(() => appendFile(path, `${JSON.stringify(entry)}\n`))
    await writing
    known.set(id, result)
    onTrial(job, result, true)
    return result
  }

  return {
    width: pool.width,
    run(job) {
      const id = jobId(job)
      const done = known.get(id)
      if (done !== undefined) {
        onTrial(job, done, false)
        return Promise.resolve(done)
      }
      const started = running.get(id) ?? runAndWrite(id, job).finally(() => running.delete(id))
      running.set(id, started)
      return started
    },
    close: () => pool.close(),
  }
}

/** The results in a journal, none where there is no file. A last line that was cut off by a crash is taken away. */
async function readJournal(path: string): Promise<Map<string, TrialResult>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw new SpillwayError('FILE_UNREADABLE', `cannot read the journal ${path}`, {
      place: path,
      cause: error,
    })
  })
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  if (whole.length < text.length) await truncate(path, Buffer.byteLength(whole))
  const lines = whole.split('\n').slice(0, -1)
  return new Map(
    lines.map((line, i) => {
      try {
        const { id, result } = JSON.parse(line) as Entry
        return [id, result]
      } catch (cause) {
        throw new SpillwayError('FILE_UNREADABLE', `line ${i + 1} of the journal is not JSON`, {
          place: path,
          remedy: 'Remove the line, or start anew in another folder.',
          cause,
        })
      }
    }),
  )
}
