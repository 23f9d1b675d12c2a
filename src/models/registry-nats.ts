import { type KV, KvWatchInclude, type ObjectStore } from 'nats'
import { asSpillwayError, SpillwayError } from '../errors.js'
import type { BundleFiles } from './bundle.js'
import { connectNats, type NatsAddress } from './nats.js'
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

export interface NatsRegistryOptions extends NatsAddress {
  /** Key-value bucket and object store of that name; made when missing. */
  readonly bucket: string
}

const PIN = 'pin'
const text = { encode: (value: string) => new TextEncoder().encode(value), decode: new TextDecoder() }

/**
 * A registry in NATS JetStream: files in the object store, by their sha256; entries in the key-value bucket under
 * `<name>.<version>`, created only where there is none; the pin under `<name>.pin`.
 *
 * An acknowledged write is not yet on the server's disk, and a watch may fall silent after a reconnect: what is watched
 * here are hints, given again after every reconnect.
 * @throws SpillwayError REGISTRY_UNAVAILABLE when no server with JetStream answers.
 */
export async function natsRegistry(options: NatsRegistryOptions): Promise<Registry> {
  const place = `${options.servers.join(',')}/${options.bucket}`
  const unavailable = (cause: unknown): SpillwayError =>
    asSpillwayError(cause, 'REGISTRY_UNAVAILABLE', { place })
  const { connection, keys, objects } = await open(options).catch((cause: unknown) => {
    throw unavailable(cause)
  })
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (cause) {
      throw unavailable(cause)
    }
  }

  async function namesOf(filter: string): Promise<string[]> {
    const found: string[] = []
    for await (const key of await keys.keys(filter)) found.push(key)
    return found
  }

  /** All versions, or the only one that is asked for: it is there when its entry is. */
  async function versionsOf(name: string, only?: number | null): Promise<number[]> {
    if (only !== undefined) return only === null ? [] : [only]
    const found = await namesOf(`${name}.*`)
    return found.map((key) => Number(key.slice(name.length + 1))).filter(Number.isSafeInteger)
  }

  async function list(name: string, wanted: Wanted = {}): Promise<Listing> {
    checkName(name, place)
    const pinned = await guarded(() => pinOf(keys, name))
    const read = async (version: number): Promise<Entry | null> => {
      const entry = await keys.get(`${name}.${version}`)
      return entry?.operation === 'PUT' ? parseEntry(entry.string(), name, version, place) : null
    }
    const versions = await guarded(() => versionsOf(name, wanted.only === 'pinned' ? pinned : wanted.only))
    return listingOf(versions, pinned, wanted, read, (version) => `${place}, ${name}.${version}`)
  }

  async function publish(files: BundleFiles, note = ''): Promise<Entry> {
    const entry = entryOf(files, note, new Date())
    const key = `${entry.name}.${entry.version}`
    return guarded(async () => {
      for (const { name, sha256 } of entry.files) await store(objects, sha256, files.get(name)!)
      try {
        await keys.create(key, text.encode(JSON.stringify(entry)))
        return entry
      } catch (cause) {
        const there = await keys.get(key)
        if (there === null) throw cause
        const known = parseEntry(there.string(), entry.name, entry.version, place)
        if (known.digest !== entry.digest) throw exists(entry, place)
        return known
      }
    })
  }

  return {
    place,
    names: () =>
      guarded(async () => {
        const names = (await namesOf('>')).map((key) => key.split('.')[0])
        return [...new Set(names)].filter((name) => MODEL_NAME.test(name)).sort()
      }),
    list,
    publish,
    fetch: (entry) =>
      fetchFiles(entry, async ({ name, sha256 }) => {
        const bytes = await guarded(() => objects.getBlob(sha256))
        if (bytes !== null) return bytes
        throw new SpillwayError(
          'MODEL_INVALID',
          `the registry lacks ${name} of ${entry.name} v${entry.version}`,
          {
            place,
          },
        )
      }),
    async pin(name, version) {
      checkName(name, place)
      await guarded(() => keys.put(`${name}.${PIN}`, text.encode(JSON.stringify({ version }))))
    },
    async watch(name, hint) {
      checkName(name, place)
      let closed = false
      let current: { stop(): void } | null = null
      const follow = async (): Promise<void> => {
        current?.stop()
        try {
          const updates = await keys.watch({ key: `${name}.*`, include: KvWatchInclude.UpdatesOnly })
          if (closed) return updates.stop()
          current = updates
          for await (const _ of updates) hint()
        } catch {
          // Followed anew after the next reconnect; until then the timer of whoever watches does.
        }
      }
      void follow()
      void (async () => {
        for await (const { type } of connection.status()) {
          if (closed) return
          if (type !== 'reconnect') continue
          void follow()
          hint()
        }
      })()
      return {
        async close() {
          closed = true
          current?.stop()
        },
      }
    },
    async close() {
      if (!connection.isClosed()) await connection.close()
    },
  }
}

async function open({ bucket, ...address }: NatsRegistryOptions) {
  const connection = await connectNats(address, 'spillway-registry')
  try {
    const jetstream = connection.jetstream({ timeout: 10_000 })
    const keys: KV = await jetstream.views.kv(bucket, { history: 1 })
    const objects: ObjectStore = await jetstream.views.os(bucket)
    return { connection, keys, objects }
  } catch (cause) {
    await connection.close()
    throw cause
  }
}

/** Files are immutable and named by their digest: what is there need not be sent again. */
async function store(objects: ObjectStore, digest: string, bytes: Uint8Array): Promise<void> {
  const there = await objects.info(digest)
  if (there !== null && !there.deleted && there.size === bytes.length) return
  await objects.putBlob({ name: digest }, bytes)
}

async function pinOf(keys: KV, name: string): Promise<number | null> {
  const entry = await keys.get(`${name}.${PIN}`)
  if (entry === null || entry.operation !== 'PUT') return null
  const { version } = JSON.parse(text.decode.decode(entry.value)) as { readonly version?: unknown }
  return Number.isSafeInteger(version) && Number(version) > 0 ? Number(version) : null
}

function checkName(name: string, place: string): void {
  if (!MODEL_NAME.test(name))
    throw new SpillwayError('MODEL_INVALID', `${name} is no name of a model`, { place })
}
