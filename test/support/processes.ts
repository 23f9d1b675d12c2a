import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
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
