import type { KeyObject } from 'node:crypto'
import { SpillwayError } from '../errors.js'
import { type BundleFiles, MANIFEST_FILE, withVersion } from './bundle.js'
import { type Manifest, parseManifest } from './manifest.js'
import type { Entry, Registry } from './registry.js'
import { signBundle } from './signature.js'

export interface PublishOptions {
  /** Take the registry's next free version in place of the manifest's. */
  readonly next: boolean
  readonly key: KeyObject | null
  readonly note: string
  /** Point the pin at it. */
  readonly pin: boolean
}

/** How often another publisher may take the next version first. */
const ATTEMPTS = 16

/** Publishes a bundle, signed when a key is given. @throws SpillwayError what `Registry.publish` throws. */
export async function publishBundle(
  registry: Registry,
  files: BundleFiles,
  { next, key, note, pin }: PublishOptions,
): Promise<Entry> {
  const { name } = manifestOf(files)
  const signed = (bundle: BundleFiles): BundleFiles => (key === null ? bundle : signBundle(bundle, key))
  let entry: Entry | undefined
  if (!next) entry = await registry.publish(signed(files), note)
  for (let attempt = 1; entry === undefined; attempt++) {
    const version = ((await registry.list(name)).entries[0]?.version ?? 0) + 1
    try {
      entry = await registry.publish(signed(withVersion(files, version)), note)
    } catch (error) {
      const taken = error instanceof SpillwayError && error.code === 'MODEL_EXISTS'
      if (!taken || attempt === ATTEMPTS) throw error
    }
  }
  if (pin) await registry.pin(name, entry.version)
  return entry
}

/**
 * Publishes the weights of an old version under the next one: versions only grow, so that a scorer never has to put
 * an older version over a newer one. The pin, where there is one, follows.
 * @throws SpillwayError MODEL_UNREADABLE when there is no such version; what publishing throws.
 */
export async function rollBack(
  registry: Registry,
  name: string,
  version: number,
  { key, note }: Pick<PublishOptions, 'key' | 'note'>,
): Promise<Entry> {
  const files = await registry.fetch(await entryOfVersion(registry, name, version))
  const { pinned } = await registry.list(name, { only: 'pinned' })
  const why = note || `rollback to v${version}`
  return publishBundle(registry, files, { next: true, key, note: why, pin: pinned !== null })
}

/**
 * Points the pin at a version. Never at an older one than it points at: that is what `rollBack` is for.
 * @throws SpillwayError MODEL_OUTDATED, MODEL_UNREADABLE
 */
export async function pinVersion(registry: Registry, name: string, version: number): Promise<Entry> {
  const entry = await entryOfVersion(registry, name, version)
  const { pinned } = await registry.list(name, { only: 'pinned' })
  if (pinned !== null && pinned > version) {
    throw new SpillwayError(
      'MODEL_OUTDATED',
      `${name} is pinned to v${pinned}, which is newer than v${version}`,
      {
        place: registry.place,
        remedy: `Publish the old weights under a new version: \`spillway models rollback ${name} ${version}\`.`,
      },
    )
  }
  await registry.pin(name, version)
  return entry
}

/** The newest version when none is given. @throws SpillwayError MODEL_UNREADABLE */
export async function entryOfVersion(registry: Registry, name: string, version?: number): Promise<Entry> {
  const { entries } = await registry.list(name)
  const entry = version === undefined ? entries[0] : entries.find((one) => one.version === version)
  if (entry !== undefined) return entry
  const known = entries.slice(0, 10).map((one) => one.version)
  const what = version === undefined ? name : `${name} v${version}`
  throw new SpillwayError('MODEL_UNREADABLE', `the registry has no ${what}`, {
    place: registry.place,
    remedy: known.length > 0 ? `Take one of ${known.join(', ')}.` : 'See `spillway models list`.',
  })
}

export const manifestOf = (files: BundleFiles): Manifest =>
  parseManifest(files.get(MANIFEST_FILE) ?? new Uint8Array(), MANIFEST_FILE)

/** One key that differs between two manifests; `undefined` where one lacks it. */
export interface Difference {
  readonly key: string
  readonly before: string | undefined
  readonly after: string | undefined
}

/** What differs between two manifests, key by key, in the order of their names. */
export function differences(before: Manifest, after: Manifest): Difference[] {
  const [a, b] = [before, after].map((manifest) => flat('', manifest))
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter((key) => a.get(key) !== b.get(key))
    .sort()
    .map((key) => ({ key, before: a.get(key), after: b.get(key) }))
}

/** Leaves by path; lists of numbers (histograms) stay whole. */
function flat(path: string, value: unknown): Map<string, string> {
  const whole = typeof value !== 'object' || value === null || isNumbers(value)
  if (whole) return new Map([[path, JSON.stringify(value)]])
  return new Map(
    Object.entries(value).flatMap(([key, child]) => [...flat(path === '' ? key : `${path}.${key}`, child)]),
  )
}

const isNumbers = (value: object): boolean =>
  Array.isArray(value) && value.every((one) => typeof one === 'number')
