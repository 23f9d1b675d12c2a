import { fork } from 'node:child_process'
import { setPriority } from 'node:os'
import { type ErrorCode, SpillwayError } from '../errors.js'
import type { BatchSettings } from './batching.js'
import { cpuMsOf } from './cpu-time.js'
import type { Bundle } from './manifest.js'
import type { ProbeReport } from './probe.js'
import type { SessionSettings } from './provider.js'

/** What a trial is to do, sent to the child. */
export interface TrialRequest {
  readonly bundle: Bundle
  readonly session: SessionSettings
  readonly batch: BatchSettings
  /** Run the probe too, not only load. */
  readonly probe: boolean
}

export interface TrialReport {
  readonly provider: string
  readonly fallbacks: readonly string[]
  readonly loadSeconds: number
  /** `null` when it was not asked for, or the bundle has none. */
  readonly probe: ProbeReport | null
}

/** What the child answers. */
export type TrialAnswer =
  | { readonly kind: 'done'; readonly report: TrialReport }
  | {
      readonly kind: 'failed'
      readonly code: ErrorCode
      readonly message: string
      readonly place?: string
      readonly remedy: string
    }

const LIMIT_MS = 120_000
/** A process that a busy machine leaves no time may take its limit that many times over, by the clock. */
const PATIENCE = 4
/** How often at most to look how long it has computed. */
const LOOK_MS = 100

/**
 * Loads a model in a process of its own, binds it to its manifest and runs its probe: a malformed model can end or
 * hang the process that loads it, and that must not be ours.
 * @param limitMs Longest that it may compute; where the system does not say how long a process has computed, that it may
 *   take. By the clock it may take four times as long.
 * @param niceness Lower priority of the process, 0 to 19 (see `nice`).
 * @throws SpillwayError MODEL_CRASHES when the child dies or hangs; otherwise what loading or the probe threw.
 */
export function tryModel(
  request: TrialRequest,
  limitMs: number = LIMIT_MS,
  niceness = 0,
): Promise<TrialReport> {
  const place = request.bundle.origin
  return new Promise((resolve, reject) => {
    const child = fork(new URL('./trial-child.js', import.meta.url), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    if (niceness > 0 && child.pid !== undefined) lower(child.pid, niceness)
    let answer: TrialAnswer | undefined
    let said = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2_000)
    })
    let late: string | null = null
    const begun = performance.now()
    const look = (): void => {
      const taken = performance.now() - begun
      const computed = (child.pid === undefined ? null : cpuMsOf(child.pid)) ?? taken
      const left = Math.min(limitMs - computed, PATIENCE * limitMs - taken)
      if (left > 0) {
        timer = setTimeout(look, Math.max(left, LOOK_MS))
        return
      }
      late = tooLong(limitMs, computed, taken)
      child.kill('SIGKILL')
    }
    let timer = setTimeout(look, limitMs)
    child.on('message', (message) => {
      answer = message as TrialAnswer
    })
    child.on('error', reject)
    // Not at 'exit': on a busy machine it can come before the answer, which is still in the channel.
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      const last = said
        .trim()
        .split('\n')
        .at(answer === undefined ? -1 : 0)
      const hint = last ? new Error(last) : undefined
      if (answer?.kind === 'done') return resolve(answer.report)
      if (answer !== undefined) {
        const { code: failed, message, remedy, place: where = place } = answer
        return reject(new SpillwayError(failed, message, { place: where, remedy, cause: hint }))
      }
      const how = signal === null ? `exit ${code}` : signal
      reject(
        new SpillwayError('MODEL_CRASHES', late ?? `loading the model ended its process (${how})`, {
          place,
          cause: hint,
        }),
      )
    })
    child.send(request, (error) => {
      if (error !== null) child.kill('SIGKILL')
    })
  })
}

/** Says whether the model computed so long, or waited: for something, or for a busy machine. */
function tooLong(limitMs: number, computedMs: number, takenMs: number): string {
  const [limit, computed, taken] = [limitMs, computedMs, takenMs].map(
    (ms) => `${Number((ms / 1e3).toFixed(1))} s`,
  )
  return computedMs >= limitMs
    ? `loading and probing the model took longer than ${limit}`
    : `loading and probing the model was not done after ${taken}, in which it computed ${computed} of ${limit}: it waits, or the machine is busy`
}

function lower(pid: number, niceness: number): void {
  try {
    setPriority(pid, niceness)
  } catch {
    // Not allowed here, or gone already: it runs as it is.
  }
}
