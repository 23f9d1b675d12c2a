// One scorer process, started and started again.
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'

export class Scorer {
  #child
  #exited
  constructor(pipeline, log) {
    this.pipeline = pipeline
    this.log = log
  }

  /** Starts the process if it is not running. */
  start() {
    if (this.#child !== undefined) return
    const out = openSync(this.log, 'a')
    const flags = ['--max-semi-space-size=4']
    const child = spawn(process.execPath, [...flags, 'dist/cli/main.js', 'run', this.pipeline, '--quiet'], {
      stdio: ['ignore', out, out],
      // As everything in deploy/ has it.
      env: { ...process.env, MALLOC_MMAP_THRESHOLD_: '131072' },
    })
    closeSync(out)
    this.#child = child
    this.#exited = new Promise((resolve) =>
      child.on('exit', (code, signal) => {
        this.#child = undefined
        resolve({ code, signal })
      }),
    )
  }

  get pid() {
    return this.#child?.pid
  }

  get running() {
    return this.#child !== undefined
  }

  /** Ends it without waiting: the last thing to do. */
  kill() {
    this.#child?.kill('SIGKILL')
  }

  /** Ends it with a signal; resolves to how it ended. */
  async end(signal) {
    if (this.#child === undefined) return { code: null, signal: null }
    this.#child.kill(signal)
    return this.#exited
  }
}
