import { z } from 'zod'
import { SpillwayError } from '../errors.js'
import { type BundleFiles, bundleDigest, bundleOf, digestOf, SIGNATURE_FILE } from './bundle.js'
import { sha256 } from './manifest.js'

const Digest = z.string().regex(/^[0-9a-f]{64}$/)
/** Names of models: also names of folders and parts of subjects. */
export const MODEL_NAME = /^[a-z][a-z0-9_-]{0,63}$/

/** One published version. Entries never change: a version is taken once and for all. */
export const Entry = z.strictObject({
  name: z.string().regex(MODEL_NAME),
  version: z.int().positive(),
  /** Address of the bundle: see `bundleDigest`. */
  digest: Digest,
  files: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/),
        sha256: Digest,
        bytes: z.int().nonnegative(),
      }),
    )
    .min(1)
    .max(8),
  /** When it was published, ISO 8601. */
  published: z.string().max(40),
  /** Why, in the publisher's words. */
  note: z.string().max(1_000).default(''),
})
export type Entry = z.infer<typeof Entry>

/** Which versions of a model to list; all when nothing is said. */
export interface Wanted {
  /** Versions above this one. */
  readonly above?: number
  /** At most so many, the newest: no more are read. */
  readonly most?: number
  /** One version alone, or the pinned one. */
  readonly only?: number | 'pinned'
}

/** What a registry says of one model. */
export interface Listing {
  /** Newest version first. */
  readonly entries: readonly Entry[]
  /** The version that people pinned; `null` when none is. */
  readonly pinned: number | null
  /** Entries that cannot be read; the others are good. */
  readonly problems: readonly SpillwayError[]
}

/**
 * Where bundles are published and found. Publishing is atomic: an entry is listed only when all its files are there.
 * Nothing that comes out of a registry is trusted: `fetch` verifies digests, and whoever loads a model verifies its
 * signature and tries it first.
 */
export interface Registry {
  /** As the user named it, for messages. */
  readonly place: string
  /** Names of models, in order. @throws SpillwayError REGISTRY_UNAVAILABLE */
  names(): Promise<readonly string[]>
  /** The versions of a model that are wanted; an unknown model has none. @throws SpillwayError REGISTRY_UNAVAILABLE */
  list(name: string, wanted?: Wanted): Promise<Listing>
  /**
   * Publishes a bundle under the name and version of its manifest. The same bytes again change nothing.
   * @throws SpillwayError MODEL_EXISTS when the version is taken by other bytes; MODEL_INVALID, REGISTRY_UNAVAILABLE
   */
  publish(files: BundleFiles, note?: string): Promise<Entry>
  /** The files of an entry, verified. @throws SpillwayError MODEL_INVALID, REGISTRY_UNAVAILABLE */
  fetch(entry: Entry): Promise<BundleFiles>
  /** Points `pinned` at a version. @throws SpillwayError REGISTRY_UNAVAILABLE */
  pin(name: string, version: number): Promise<void>
  /**
   * Calls `hint` when something may have changed. Hints may be lost, late or too many: list again on a timer too.
   * Never rejects: what cannot be watched is only not hinted at.
   */
  watch(name: string, hint: () => void): Promise<{ close(): Promise<void> }>
  close(): Promise<void>
}

/** Most bytes of one bundle: a registry's word about sizes must not be believed. */
const MOST_BYTES = 2 ** 31

/** The entry of a bundle that is about to be published. @throws SpillwayError MODEL_INVALID */
export function entryOf(files: BundleFiles, note: string, published: Date): Entry {
  const { manifest } = bundleOf(files, 'bundle')
  return {
    name: manifest.name,
    version: manifest.version,
    digest: bundleDigest(files),
    files: [...files].map(([name, bytes]) => ({ name, sha256: sha256(bytes), bytes: bytes.length })),
    published: published.toISOString(),
    note,
  }
}

/** @throws SpillwayError MODEL_INVALID when the text is no entry of this model and version. */
export function parseEntry(text: string, name: string, version: number, place: string): Entry {
  const fail = (message: string): never => {
    throw new SpillwayError('MODEL_INVALID', `registry entry: ${message}`, { place })
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    fail('is not JSON')
  }
  const parsed = Entry.safeParse(json)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return fail(`${issue.path.join('.') || 'root'}: ${issue.message}`)
  }
  const entry = parsed.data
  if (entry.name !== name || entry.version !== version) fail(`is of ${entry.name} v${entry.version}`)
  if (digestOf(entry.files) !== entry.digest) fail('its digest is not that of its files')
  if (entry.files.reduce((sum, { bytes }) => sum + bytes, 0) > MOST_BYTES) fail('is too large')
  return entry
}

/**
 * The files of an entry, each as `read` gives it, with sizes and digests verified.
 * @throws SpillwayError MODEL_INVALID naming the file; what `read` throws.
 */
export async function fetchFiles(
  entry: Entry,
  read: (file: Entry['files'][number]) => Promise<Uint8Array>,
): Promise<BundleFiles> {
  const files = new Map<string, Uint8Array>()
  for (const file of entry.files) {
    const bytes = await read(file)
    if (bytes.length !== file.bytes || sha256(bytes) !== file.sha256) {
      throw new SpillwayError(
        'MODEL_INVALID',
        `${file.name} of ${entry.name} v${entry.version} is not the file that was published (${bytes.length} bytes, ${file.bytes} expected)`,
        { place: `${entry.name} v${entry.version}` },
      )
    }
    files.set(file.name, bytes)
  }
  const { manifest } = bundleOf(files, `${entry.name} v${entry.version}`)
  if (manifest.name !== entry.name || manifest.version !== entry.version) {
    throw new SpillwayError(
      'MODEL_INVALID',
      `${entry.name} v${entry.version} holds the manifest of ${manifest.name} v${manifest.version}`,
      { place: `${entry.name} v${entry.version}` },
    )
  }
  return files
}

export const isSigned = ({ files }: Entry): boolean => files.some(({ name }) => name === SIGNATURE_FILE)

export const exists = ({ name, version }: Entry, place: string): SpillwayError =>
  new SpillwayError('MODEL_EXISTS', `${name} v${version} is published already, with other bytes`, { place })
