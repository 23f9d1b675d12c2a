import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './sources.js'

/** A code block of a page that says, in a comment before it, how it is to be tried. */
export interface Block {
  /** 1-based line of the opening fence. */
  readonly line: number
  readonly language: string
  readonly text: string
  /**
   * As written in the comment: `run` a script, `check` a pipeline, `write` a file; of pages about the sources, a `source` file
   * and a `change` to one. `argument` is what follows the colon.
   */
  readonly verb: 'run' | 'check' | 'write' | 'source' | 'change'
  readonly argument: string
}

const BLOCK = /^<!-- (run|check|write|source|change)(?:: *([^>]*?))? -->\n```(\w+)\n([\s\S]*?)^```$/gm

/** The blocks of a page that are to be tried, in order. */
export function blocksOf(page: string): Block[] {
  return [...page.matchAll(BLOCK)].map(
    ({ 0: all, 1: verb, 2: argument = '', 3: language, 4: text, index }) => {
      const before = page.slice(0, index).split('\n').length
      const line = before + (all.slice(0, all.indexOf('```')).match(/\n/g)?.length ?? 0)
      return { line, language, text, verb: verb as Block['verb'], argument }
    },
  )
}

/** Whether a block is about the sources: its page is tried in a copy of them. */
export const isOfSources = ({ verb }: Block): boolean => verb === 'source' || verb === 'change'

export interface Outcome {
  readonly code: number | null
  readonly output: string
}

/** A new folder with the demo's events and models. */
function newFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'spillway-docs-'))
  symlinkSync(join(root, 'demo'), join(path, 'demo'))
  return path
}

/** A folder in which a reader's commands work: `spillway` on the PATH, the demo's events and models beside. */
export class ReaderFolder {
  readonly path: string
  readonly #bin = mkdtempSync(join(tmpdir(), 'spillway-bin-'))

  /** @param sources A copy of the sources to work in, with a program of its own; a new folder when absent. */
  constructor(sources?: string) {
    this.path = sources ?? newFolder()
    const main = join(sources ?? root, 'dist/cli/main.js')
    const program = join(this.#bin, 'spillway')
    writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`)
    chmodSync(program, 0o755)
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.path, name), text)
  }

  /** Runs a script to its end; with `stopAfterMs` it gets SIGTERM then, as Ctrl-C or a supervisor would send. */
  async run(script: string, stopAfterMs?: number): Promise<Outcome> {
    const child = spawn('bash', ['-euo', 'pipefail', '-c', script.trim()], {
      cwd: this.path,
      env: { ...environment(), PATH: `${this.#bin}:${process.env['PATH'] ?? ''}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    const timer = stopAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGTERM'), stopAfterMs)
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    clearTimeout(timer)
    return { code, output }
  }
}

/** This process's, without what vitest leaves for its own: a reader's commands may run vitest too. */
const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_ENV$|TEST$)/.test(name)))
