import { randomBytes } from 'node:crypto'
import { type FSWatcher, watch } from 'node:fs'
import { access, link, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { asSpillwayError, SpillwayError } from '../errors.js'
import type { BundleFiles } from './bundle.js'
import {
  type Entry,
  entryOf,
  exists,
  fetchFiles,
  type Listing,
  MODEL_NAME,
  parseEntry,
  type Registry,
  type Wanted,
} from './registry.js'
import { listingOf } from './registry-listing.js'

const VERSION_FILE = /^([1-9][0-9]{0,14})\.json$/
const PIN_FILE = 'pin.json'

/**
 * A registry in a folder, local or shared:
 *
 *     bundles/<digest>/{manifest.json, model.onnx, probe.arrow, model.sig}
 *     models/<name>/<version>.json      the entry
 *     models/<name>/pin.json            {"version": 3}
 *
 * Bundles are written aside and renamed; an entry is linked into its place, which fails when the version is taken.
 */
export function folderRegistry(root: string): Registry {
  const models = join(root, 'models')
  const bundles = join(root, 'bundles')
  const unavailable = (cause: unknown): SpillwayError =>
    asSpillwayError(cause, 'REGISTRY_UNAVAILABLE', { place: root })

  async function entries(name: string): Promise<string[]> {
    try {
      return await readdir(join(models, name))
    } catch (cause) {
      // A model that was never published, in a registry that is there.
      if (codeOf(cause) === 'ENOENT') return []
      throw unavailable(cause)
    }
  }

  async function list(name: string, wanted: Wanted = {}): Promise<Listing> {
    checkName(name, root)
    const found = await entries(name)
    const versions = found.map((file) => Number(VERSION_FILE.exec(file)?.[1] ?? 0))
    const problems: SpillwayError[] = []
    const pinned = found.includes(PIN_FILE) ? await readPin(join(models, name, PIN_FILE), problems) : null
    const pathOf = (version: number): string => join(models, name, `${version}.json`)
    const read = async (version: number): Promise<Entry> => {
      const path = pathOf(version)
      return parseEntry(await readFile(path, 'utf8'), name, version, path)
    }
    const listing = await listingOf(versions, pinned, wanted, read, pathOf)
    return { ...listing, problems: [...listing.problems, ...problems] }
  }

  async function publish(files: BundleFiles, note = ''): Promise<Entry> {
    const entry = entryOf(files, note, new Date())
    const place = `${root}, ${entry.name} v${entry.version}`
    try {
      await mkdir(bundles, { recursive: true })
      await mkdir(join(models, entry.name), { recursive: true })
      await storeBundle(join(bundles, entry.digest), files)
      const path = join(models, entry.name, `${entry.version}.json`)
      try {
        await placed(path, `${JSON.stringify(entry, null, 2)}\n`, link)
        return entry
      } catch (cause) {
        if (codeOf(cause) !== 'EEXIST') throw cause
        const there = parseEntry(await readFile(path, 'utf8'), entry.name, entry.version, path)
        if (there.digest !== entry.digest) throw exists(entry, place)
        return there
      }
    } catch (cause) {
      throw unavailable(cause)
    }
  }

  return {
    place: root,
    async names() {
      try {
        const found = await readdir(models, { withFileTypes: true })
        return found
          .filter((one) => one.isDirectory() && MODEL_NAME.test(one.name))
          .map(({ name }) => name)
          .sort()
      } catch (cause) {
        if (codeOf(cause) === 'ENOENT') return []
        throw unavailable(cause)
      }
    },
    list,
    publish,
    fetch: (entry) =>
      fetchFiles(entry, async ({ name }) => {
        try {
          return await readFile(join(bundles, entry.digest, name))
        } catch (cause) {
          throw unavailable(cause)
        }
      }),
    async pin(name, version) {
      checkName(name, root)
      try {
        await mkdir(join(models, name), { recursive: true })
        await placed(join(models, name, PIN_FILE), `${JSON.stringify({ version })}\n`, rename)
      } catch (cause) {
        throw unavailable(cause)
      }
    },
    async watch(name, hint) {
      checkName(name, root)
      let watcher: FSWatcher | null = null
      try {
        await mkdir(join(models, name), { recursive: true })
        watcher = watch(join(models, name), hint)
        // Shared file systems may not tell, or stop telling: the timer of whoever watches goes on.
        watcher.on('error', () => {})
      } catch {
        // Read-only, or not there: no hints.
      }
      return { close: async () => watcher?.close() }
    },
    close: async () => {},
  }
}

const codeOf = (cause: unknown): string | undefined => (cause as { readonly code?: string } | null)?.code

function checkName(name: string, place: string): void {
  if (!MODEL_NAME.test(name))
    throw new SpillwayError('MODEL_INVALID', `${name} is no name of a model`, { place })
}

async function readPin(path: string, problems: SpillwayError[]): Promise<number | null> {
  try {
    const { version } = JSON.parse(await readFile(path, 'utf8')) as { readonly version?: unknown }
    if (Number.isSafeInteger(version) && Number(version) > 0) return Number(version)
    problems.push(new SpillwayError('MODEL_INVALID', 'the pin names no version', { place: path }))
  } catch (cause) {
    problems.push(asSpillwayError(cause, 'MODEL_UNREADABLE', { place: path }))
  }
  return null
}

const aside = (path: string): string => `${path}.${randomBytes(6).toString('hex')}.part`

/** Writes a file aside, on disk, and moves it into its place by `link` (which must be free) or `rename`. */
async function placed(
  path: string,
  text: string,
  move: (from: string, to: string) => Promise<void>,
): Promise<void> {
  const part = aside(path)
  try {
    await writeSynced(part, new TextEncoder().encode(text))
    await move(part, path)
  } finally {
    await rm(part, { force: true })
  }
}

async function storeBundle(folder: string, files: BundleFiles): Promise<void> {
  const there = await access(folder).then(
    () => true,
    () => false,
  )
  if (there) return
  const part = aside(folder)
  try {
    await mkdir(part)
    for (const [name, bytes] of files) await writeSynced(join(part, name), bytes)
    await rename(part, folder)
  } catch (cause) {
    // Somebody published the same bytes meanwhile.
    if (!['ENOTEMPTY', 'EEXIST'].includes(codeOf(cause) ?? '')) throw cause
  } finally {
    await rm(part, { recursive: true, force: true })
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, 'w')
  await file.writeFile(bytes)
  await file.sync()
}
