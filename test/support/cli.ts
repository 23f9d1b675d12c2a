import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** A path inside the repository. */
export const repository = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs `spillway` as a person would; ends it by SIGTERM when `stop` settles. */
export function spillway(
  args: readonly string[],
  {
    env = {},
    stop,
  }: { readonly env?: Readonly<Record<string, string>>; readonly stop?: Promise<unknown> } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env } })
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text
    })
    const end = () => child.kill('SIGTERM')
    stop?.then(end, end)
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, out, err }))
  })
}

/** A folder of a test file, removed after it. */
export function temporaryFolder(): {
  readonly path: string
  /** Writes a file into it and gives its path. */
  readonly file: (name: string, content: string | Uint8Array) => string
} {
  const path = mkdtempSync(join(tmpdir(), 'spillway-cli-'))
  afterAll(() => rmSync(path, { recursive: true, force: true }))
  return {
    path,
    file(name, content) {
      const at = join(path, name)
      mkdirSync(dirname(at), { recursive: true })
      writeFileSync(at, content)
      return at
    },
  }
}
