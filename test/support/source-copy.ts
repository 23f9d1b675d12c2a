import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { root } from './sources.js'

const COPIED = ['src', 'package.json', 'tsconfig.json', 'biome.json', 'vitest.config.ts', 'test/support']
const LINKED = ['node_modules', 'demo', 'deploy', 'docs', 'scripts', 'web', 'test/architecture.test.ts']

/** A copy of the sources in which a page's code can be tried: what is only read is linked. */
export function sourceCopy() {
  const path = mkdtempSync(join(tmpdir(), 'spillway-sources-'))
  mkdirSync(join(path, 'test'))
  for (const name of COPIED) cpSync(join(root, name), join(path, name), { recursive: true })
  for (const name of LINKED) symlinkSync(join(root, name), join(path, name))
  return {
    path,
    write(name: string, text: string): void {
      mkdirSync(join(path, dirname(name)), { recursive: true })
      writeFileSync(join(path, name), text)
    },
    /** Applies a diff whose hunks have no line numbers: what stands there must stand there once. */
    change(name: string, diff: string): void {
      const before = readFileSync(join(path, name), 'utf8')
      writeFileSync(join(path, name), diff.split(/^@@.*\n/m).reduce(changed, before))
    },
  }
}

/** @throws Error when the lines before the change are not in the text exactly once */
export function changed(text: string, hunk: string): string {
  const lines = hunk.split('\n').filter((line) => line !== '')
  const without = (sign: string): string =>
    lines
      .filter((line) => !line.startsWith(sign))
      .map((line) => `${line.slice(1)}\n`)
      .join('')
  const [before, after] = [without('+'), without('-')]
  const parts = text.split(before)
  if (before === '' || parts.length !== 2)
    throw new Error(`found ${parts.length - 1} times, where once is needed:\n${before}`)
  return parts.join(after)
}
