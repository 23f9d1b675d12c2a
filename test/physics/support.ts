import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Cartesian64 } from '#spillway/physics/columns.js'
import { python } from '../support/need.js'

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export const f64 = (...values: number[]): Float64Array => Float64Array.from(values)

/** One four-momentum a row: [px, py, pz, e]. */
export function momenta(...rows: readonly (readonly [number, number, number, number])[]): Cartesian64 {
  return {
    px: Float64Array.from(rows, (r) => r[0]),
    py: Float64Array.from(rows, (r) => r[1]),
    pz: Float64Array.from(rows, (r) => r[2]),
    e: Float64Array.from(rows, (r) => r[3]),
  }
}

/** Momenta with steeply falling pT, |η| < 4 and masses up to `maxMass`. */
export function randomMomenta(count: number, seed: number, maxMass = 1): Cartesian64 {
  const next = random(seed)
  const row = (): [number, number, number, number] => {
    const pt = 1 / (0.001 + next())
    const eta = 8 * next() - 4
    const phi = 2 * Math.PI * next()
    const m = maxMass * next()
    const pz = pt * Math.sinh(eta)
    return [pt * Math.cos(phi), pt * Math.sin(phi), pz, Math.sqrt(pt * pt + pz * pz + m * m)]
  }
  return momenta(...Array.from({ length: count }, row))
}

/**
 * Runs a Python script of this folder on columns of doubles: it gets a folder that holds `<name>.f64` for
 * each column, and writes further ones there; those named in `outputs` come back.
 */
export function runPython<K extends string>(
  script: string,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
  outputs: readonly K[],
): Record<K, Float64Array> {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-physics-'))
  try {
    for (const [name, column] of Object.entries(inputs)) {
      writeFileSync(join(folder, `${name}.f64`), new Uint8Array(Float64Array.from(column).buffer))
    }
    execFileSync(python, [fileURLToPath(new URL(script, import.meta.url)), folder], { stdio: 'pipe' })
    const read = (name: string): Float64Array => {
      const bytes = readFileSync(join(folder, `${name}.f64`))
      return new Float64Array(new Uint8Array(bytes).buffer)
    }
    return Object.fromEntries(outputs.map((name) => [name, read(name)])) as Record<K, Float64Array>
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The largest |a − b| / (scale + |b|); Infinity when lengths or NaN places differ. */
export function worstDifference(a: ArrayLike<number>, b: ArrayLike<number>, scale = 1): number {
  if (a.length !== b.length) return Infinity
  let worst = 0
  for (let i = 0; i < a.length; i++) {
    if (Number.isNaN(a[i]) && Number.isNaN(b[i])) continue
    const difference = a[i] === b[i] ? 0 : Math.abs(a[i] - b[i]) / (scale + Math.abs(b[i]))
    if (!(difference <= worst)) worst = Number.isNaN(difference) ? Infinity : difference
  }
  return worst
}
