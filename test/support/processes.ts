import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { root } from './pipelines.js'

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Standard output and error together. */
  readonly text: string
}

/** A child process of Node with what it writes, and how it ends. */
export class Child {
  readonly ended: Promise<Ended>
  readonly #process: ChildProcess
  #text = ''

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#process = spawn(process.execPath, [...args], { cwd: root, env: { ...process.env, ...env } })
    for (const stream of [this.#process.stdout!, this.#process.stderr!])
      stream.on('data', (chunk: Buffer) => {
        this.#text += chunk.toString()
      })
    this.ended = once(this.#process, 'close').then(([code, signal]) => ({ code, signal, text: this.#text }))
  }

  get text(): string {
    return this.#text
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }
}

/** `spillway …` as a process of its own. */
export const spillway = (...args: string[]): Child => new Child([`${root}dist/cli/main.js`, ...args])

/** Processes that this one started, by what their command line holds (Linux). */
export function childrenThatRun(what: string): string[] {
  const threads = readdirSync('/proc/self/task')
  const pids = threads.flatMap((thread) => read(`/proc/self/task/${thread}/children`).split(' '))
  return pids.filter((pid) => pid !== '' && read(`/proc/${pid}/cmdline`).includes(what))
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}
