import { asSpillwayError, type ErrorCode, SpillwayError } from '../../errors.js'
import type { Entry } from '../../models/registry.js'

/** How often a model may end or outlast its trial before it is given up: a busy machine can be to blame. */
const CRASHES = 3
/** What may be otherwise at the next look: no answer, columns that no event has shown yet, a device that is busy. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  'REGISTRY_UNAVAILABLE',
  'COLUMN_MISSING',
  'PROVIDER_UNAVAILABLE',
  'INTERNAL',
])
/** Things told lately that are not told again: more than a listing can have problems and refusals. */
const NEWS = 256

/** Versions of a registry that were refused, and what was told of them. */
export class Refusals {
  /** By version and digest: how often it crashed; Infinity when refused for good. */
  #refused = new Map<string, number>()
  /** Refused until the next `forgive`. */
  #waiting = new Set<string>()
  #versions = new Set<number>()
  #told: string[] = []

  /** The first above `above` that was not refused. Entries that are listed no more are forgotten. */
  firstOpen(entries: readonly Entry[], above = 0): Entry | undefined {
    const listed = new Set(entries.map(keyOf))
    this.#refused = new Map([...this.#refused].filter(([key]) => listed.has(key)))
    this.#waiting = new Set([...this.#waiting].filter((key) => listed.has(key)))
    const versions = new Set(entries.map(({ version }) => version))
    this.#versions = new Set([...this.#versions].filter((version) => versions.has(version)))
    return entries.find(
      (entry) =>
        entry.version > above &&
        !this.#versions.has(entry.version) &&
        !this.#waiting.has(keyOf(entry)) &&
        (this.#refused.get(keyOf(entry)) ?? 0) < CRASHES,
    )
  }

  /** For good, unless what happened may be otherwise later. */
  add(entry: Entry, error: unknown): void {
    const { code } = asSpillwayError(error, 'INTERNAL')
    const key = keyOf(entry)
    if (code === 'MODEL_CRASHES') this.#refused.set(key, (this.#refused.get(key) ?? 0) + 1)
    else if (!PASSING.has(code)) this.#refused.set(key, Number.POSITIVE_INFINITY)
    this.#waiting.add(key)
  }

  /** Refuses a version for as long as it is listed. */
  addVersion(version: number): void {
    this.#versions.add(version)
  }

  /** What may be otherwise now can be tried again. */
  forgive(): void {
    this.#waiting.clear()
  }

  /** Whether this was not told lately. */
  isNews(version: number, { code, message }: SpillwayError): boolean {
    const news = `${version} ${code} ${message}`
    if (this.#told.includes(news)) return false
    this.#told = [...this.#told, news].slice(-NEWS)
    return true
  }
}

const keyOf = ({ version, digest }: Entry): string => `${version} ${digest}`

/** Why a version that was taken is not any more. */
export const demoted = (message: string, place: string): SpillwayError =>
  new SpillwayError('MODEL_DEMOTED', message, { place })
