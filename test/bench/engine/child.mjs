import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/**
 * The processes of one contestant, each speaking one protocol: JSON lines on stdout, `{ready: true}` once its models
 * are loaded, `{assigned: partitions}` after every rebalance, `{done: rows}` whenever so many more rows are finished
 * (acknowledged, committed or written), and the lines `go` and `stop` on stdin. Whatever else they say is kept for the message when one of them fails.
 */
export class Contestant {
  #children = []
  #said = ''
  #done = 0
  #ready = 0
  #failed = null
  #ended = 0
  #reports = new Map()
  #wake = () => {}
  #assigned

  constructor(commands) {
    this.#assigned = commands.map(() => 0)
    commands.forEach(({ command, args, env, cwd }, index) => {
      const child = spawn(command, args, {
        cwd,
        env: { ...process.env, ...env },
        stdio: ['pipe', 'pipe', 'pipe'],
      })
      this.#children.push(child)
      createInterface({ input: child.stdout }).on('line', (line) => this.#hear(line, index))
      child.stderr.on('data', (chunk) => {
        this.#said = (this.#said + chunk).slice(-4000)
      })
      child.stdin.on('error', () => {})
      child.once('error', (error) => this.#fail(error.message))
      child.once('exit', (code, signal) => {
        this.#ended++
        if (code !== 0) this.#fail(`${command} ended with ${code ?? signal}`)
        this.#wake()
      })
    })
  }

  get pids() {
    return this.#children.map(({ pid }) => pid)
  }

  /** Rows finished so far. */
  get done() {
    return this.#done
  }

  /** What the first process said under this name. */
  report(name) {
    return this.#reports.get(name)
  }

  say(line) {
    for (const child of this.#children) child.stdin.write(`${line}\n`)
  }

  ready(seconds = 120) {
    return this.until(() => this.#ready === this.#children.length, seconds, 'it to be ready')
  }

  rows(count, seconds = 300) {
    return this.until(() => this.#done >= count, seconds, `${count} rows`)
  }

  /** Resolves as soon as `check` holds; it is asked after everything that is said. */
  async until(check, seconds, what) {
    let late = false
    const timer = setTimeout(() => {
      late = true
      this.#wake()
    }, seconds * 1e3)
    try {
      while (!check()) {
        if (this.#failed !== null) throw new Error(`${this.#failed}\n${this.#said}`)
        if (late) throw new Error(`waited ${seconds} s for ${what}, ${this.#done} rows done\n${this.#said}`)
        await new Promise((resolve) => {
          this.#wake = resolve
        })
      }
    } finally {
      clearTimeout(timer)
    }
  }

  /** Every process has joined and between them they have this many partitions. */
  assigned(partitions, seconds = 60) {
    const all = () => this.#assigned.reduce((sum, count) => sum + count, 0) === partitions
    const each = () => this.#assigned.every((count) => count > 0)
    return this.until(() => all() && each(), seconds, 'every process to have its partitions')
  }

  /** Asks them to end, and after `seconds` makes them. */
  async stop(seconds = 20) {
    this.say('stop')
    const timer = setTimeout(() => this.kill(), seconds * 1e3)
    while (this.#ended < this.#children.length) {
      await new Promise((resolve) => {
        this.#wake = resolve
      })
    }
    clearTimeout(timer)
  }

  kill() {
    for (const child of this.#children) if (child.exitCode === null) child.kill('SIGKILL')
  }

  #fail(message) {
    this.#failed ??= message
    this.#wake()
  }

  #hear(line, index) {
    try {
      const said = JSON.parse(line)
      if (said.ready) this.#ready++
      if (said.done !== undefined) this.#done += said.done
      if (said.assigned !== undefined) this.#assigned[index] = said.assigned
      for (const [name, value] of Object.entries(said)) this.#reports.set(name, value)
    } catch {
      this.#said = `${this.#said}${line}\n`.slice(-4000)
    }
    this.#wake()
  }
}
