import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { asSpillwayError } from '../errors.js'
import { localPool, type TrialReply } from '../train/optimize/pool-local.js'
import { parseQueue } from '../train/optimize/queue.js'
import { workOn } from '../train/optimize/worker.js'
import { wholeNumber } from './options.js'

const EXAMPLES = `
Takes one trial after another from the queue of "spillway optimize --queue" and puts its result there. Any number of
workers on any number of machines; the event files must be there under the same paths, on a shared file system for instance. A
trial whose worker dies is given to another. deploy/slurm and deploy/htcondor hold submit files.

Examples:
  spillway optimize-worker --queue nats://login1:4222/lundnet
  spillway optimize-worker --queue nats://login1:4222/lundnet --idle 600    end after ten minutes without work
  sbatch --array=0-63 deploy/slurm/optimize-worker.sbatch nats://login1:4222/lundnet`

interface Options {
  readonly queue: string
  readonly credentials?: string
  readonly idle?: number
  readonly scratch?: string
  readonly quiet: boolean
}

export function optimizeWorkerCommand(): Command {
  return new Command('optimize-worker')
    .description('do trials of an optimization that another process leads')
    .requiredOption('--queue <url>', 'nats://host:port[/name], as the optimization was given')
    .option('--credentials <file>', 'NATS credentials file')
    .addOption(
      new Option('--idle <seconds>', 'end after so long without work; never when absent').argParser(
        wholeNumber(1),
      ),
    )
    .option('--scratch <folder>', 'where checkpoints go (default: a temporary folder)')
    .option('--quiet', 'no progress', false)
    .addHelpText('after', EXAMPLES)
    .action(async ({ queue, credentials, idle, scratch, quiet }: Options) => {
      const folder =
        scratch === undefined ? mkdtempSync(join(tmpdir(), 'spillway-trials-')) : resolve(scratch)
      // A process of its own for the trials: this one answers the queue while they compute.
      const pool = localPool({
        script: new URL('./trial-process.js', import.meta.url),
        processes: 1,
        folderOf: (training) => join(folder, training),
      })
      const stop = new AbortController()
      const end = (): void => stop.abort()
      process.once('SIGINT', end)
      process.once('SIGTERM', end)
      try {
        const done = await workOn({
          address: parseQueue(queue, credentials),
          run: (job) => pool.run(job).then((result) => ({ result }), refused),
          signal: stop.signal,
          ...(idle !== undefined && { idleMs: idle * 1e3 }),
          onTrial: ({ lineage, epochs }, seconds) => {
            if (!quiet) console.error(`trial of ${lineage}, ${epochs} epochs: ${seconds.toFixed(1)} s`)
          },
        })
        process.stdout.write(`${done} trials done.\n`)
      } finally {
        await pool.close()
        if (scratch === undefined) rmSync(folder, { recursive: true, force: true })
        process.removeListener('SIGINT', end)
        process.removeListener('SIGTERM', end)
      }
    })
}

/** An error of the trial is its result; one of this machine, which may pass, is not. */
function refused(cause: unknown): TrialReply {
  const error = asSpillwayError(cause, 'INTERNAL')
  if (error.decision === 'retry') throw error
  const { code, message, place, remedy } = error
  return { error: { code, message, ...(place !== undefined && { place }), remedy } }
}
