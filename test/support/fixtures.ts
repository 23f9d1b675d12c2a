import { readFileSync } from 'node:fs'

/** Bytes of a file in test/data, in memory of their own. */
export function fixture(name: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(readFileSync(new URL(`../data/${name}`, import.meta.url)))
}
