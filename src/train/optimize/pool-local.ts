import { type ChildProcess, fork } from 'node:child_process'
import { SpillwayError } from '../../errors.js'
import { type TrialJob, type TrialPool, type TrialResult, trainingId } from './trial.js'

/** From the pool to a process of its. */
export interface TrialRequest {
  readonly job: TrialJob
  readonly folder: string
}

/** Back from the process. */
export type TrialReply =
  | { readonly result: TrialResult }
  | {
      readonly error: {
        readonly code: SpillwayError['code']
        readonly message: string
        readonly place?: string
        readonly remedy?: string
      }
    }

export interface LocalPoolOptions {
  /** The script of a trial process; see `answerTrials`. */
  readonly script: URL
  readonly processes: number
  /** Where checkpoints of a training go. */
  readonly folderOf: (training: string) => string
}

/** How often a trial is tried whose process ends without an answer. */
const ATTEMPTS = 2

/** Runs trials in processes of this machine, as many at a time as there are; each serves one trial after another. */
export function localPool({ script, processes, folderOf }: LocalPoolOptions): TrialPool {
  const idle: ChildProcess[] = []
  const all = new Set<ChildProcess>()
  const waiting: (() => void)[] = []
  let busy = 0
  let isClosed = false

  async function turn(): Promise<void> {
    if (busy >= processes) await new Promise<void>((resolve) => waiting.push(resolve))
    busy++
  }

  function start(): ChildProcess {
    const child = fork(script, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    all.add(child)
    child.once('exit', () => {
      all.delete(child)
      if (idle.includes(child)) idle.splice(idle.indexOf(child), 1)
    })
    return child
  }

  function ask(request: TrialRequest): Promise<TrialReply | null> {
    const child = idle.pop() ?? start()
    return new Promise((resolve) => {
      const settle = (reply: TrialReply | null): void => {
        child.removeAllListeners('message')
        child.removeListener('exit', lost)
        child.removeListener('error', lost)
        if (reply !== null) idle.push(child)
        resolve(reply)
      }
      const lost = (): void => settle(null)
      child.once('exit', lost)
      child.once('error', lost)
      child.once('message', (reply) => settle(reply as TrialReply))
      child.send(request)
    })
  }

  return {
    width: processes,
    async run(job) {
      await turn()
      try {
        for (let attempt = 0; attempt < ATTEMPTS && !isClosed; attempt++) {
          const reply = await ask({ job, folder: folderOf(trainingId(job)) })
          if (reply !== null) return unwrapped(reply)
        }
        throw new SpillwayError('WORKER_LOST', 'a process that ran a trial ended without an answer', {
          place: job.lineage,
          remedy: 'See its output above; go on with --resume. Fewer --processes need less memory.',
        })
      } finally {
        busy--
        waiting.shift()?.()
      }
    },
    async close() {
      isClosed = true
      // What a trial has written is whole at any time.
      for (const child of all) child.kill('SIGKILL')
    },
  }
}

/** @throws SpillwayError what the trial threw */
export function unwrapped(reply: TrialReply): TrialResult {
  if ('result' in reply) return reply.result
  const { code, message, place, remedy } = reply.error
  throw new SpillwayError(code, message, {
    ...(place !== undefined && { place }),
    ...(remedy !== undefined && { remedy }),
  })
}
