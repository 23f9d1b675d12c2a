import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bundleDigest, bundleOf } from '#spillway/models/bundle.js'
import type { Entry, Registry, Wanted } from '#spillway/models/registry.js'
import { until } from '../support/kafka.js'
import { damaged, scaled, withVersion } from '../support/registries.js'

/** A place for a registry, empty for every test; `open` opens it, several times too. */
export interface RegistryPlace {
  open(): Promise<Registry>
  /** Changes the bytes of a published file behind the registry's back. */
  damage(entry: Entry, file: string, bytes: Uint8Array): Promise<void>
  /** Puts text where the entry of a version stands. */
  forge(name: string, version: number, text: string): Promise<void>
  close(): Promise<void>
}

const codeOf = (error: { readonly code?: string }) => error.code

/** What every registry must do. */
export function registrySuite(name: string, place: () => Promise<RegistryPlace>): void {
  describe(`a registry: ${name}`, () => {
    let at: RegistryPlace
    let registry: Registry
    const opened: Registry[] = []
    const another = async () => {
      const one = await at.open()
      opened.push(one)
      return one
    }
    beforeEach(async () => {
      at = await place()
      registry = await another()
    })
    afterEach(async () => {
      for (const one of opened.splice(0)) await one.close()
      await at.close()
    })

    it('is empty at first', async () => {
      expect(await registry.names()).toEqual([])
      expect(await registry.list('tiny')).toEqual({ entries: [], pinned: null, problems: [] })
    })

    it('gives back what was published, to others too', async () => {
      const files = scaled(1)
      const entry = await registry.publish(files, 'first')
      expect(entry).toMatchObject({ name: 'tiny', version: 1, note: 'first', digest: bundleDigest(files) })
      const other = await another()
      expect(await other.names()).toEqual(['tiny'])
      const listing = await other.list('tiny')
      expect(listing).toEqual({ entries: [entry], pinned: null, problems: [] })
      const fetched = await other.fetch(listing.entries[0])
      expect([...fetched.keys()].sort()).toEqual(['manifest.json', 'model.onnx', 'probe.arrow'])
      expect(bundleDigest(fetched)).toBe(entry.digest)
      expect(bundleOf(fetched, 'here').manifest).toMatchObject({ name: 'tiny', version: 1 })
    })

    it('lists newest first, and only those that are wanted', async () => {
      for (const version of [2, 10, 1, 9]) await registry.publish(scaled(version))
      await registry.publish(scaled(1, 1, { name: 'tiny-two' }))
      const versions = async (wanted?: Wanted) =>
        (await registry.list('tiny', wanted)).entries.map((entry) => entry.version)
      expect(await versions()).toEqual([10, 9, 2, 1])
      expect(await versions({ above: 2 })).toEqual([10, 9])
      expect(await versions({ above: 10 })).toEqual([])
      expect(await versions({ most: 3 })).toEqual([10, 9, 2])
      expect(await versions({ above: 1, most: 1 })).toEqual([10])
      expect(await registry.names()).toEqual(['tiny', 'tiny-two'])
    })

    it('takes the same bytes again and refuses others for a version that is taken', async () => {
      const entry = await registry.publish(scaled(1))
      expect(await registry.publish(scaled(1), 'again')).toEqual(entry)
      expect(codeOf(await registry.publish(scaled(1, 7)).catch((error) => error))).toBe('MODEL_EXISTS')
      expect((await registry.list('tiny')).entries).toEqual([entry])
    })

    it('lets one of several publishers have a version', async () => {
      const others = await Promise.all([another(), another(), another()])
      const ends = await Promise.allSettled(others.map((one, k) => one.publish(scaled(1, k + 1))))
      const won = ends.filter(({ status }) => status === 'fulfilled')
      expect(won).toHaveLength(1)
      for (const end of ends) if (end.status === 'rejected') expect(codeOf(end.reason)).toBe('MODEL_EXISTS')
      const [entry] = (await registry.list('tiny')).entries
      expect(bundleDigest(await registry.fetch(entry))).toBe(entry.digest)
    })

    it('publishes old weights under a new version', async () => {
      const old = scaled(1)
      await registry.publish(old)
      await registry.publish(scaled(2))
      const entry = await registry.publish(withVersion(old, 3), 'back to v1')
      const { manifest } = bundleOf(await registry.fetch(entry), 'here')
      expect(manifest.version).toBe(3)
      expect(manifest.model.sha256).toBe(bundleOf(old, 'old').manifest.model.sha256)
    })

    it('refuses bundles whose digests do not hold', async () => {
      const files = scaled(1)
      const wrong = damaged(files, 'model.onnx', files.get('model.onnx')!.slice(1))
      expect(codeOf(await registry.publish(wrong).catch((error) => error))).toBe('MODEL_INVALID')
      expect(await registry.names()).toEqual([])
    })

    it('finds files that are not those published', async () => {
      const files = scaled(1)
      const entry = await registry.publish(files)
      await at.damage(entry, 'model.onnx', files.get('model.onnx')!.slice(0, -3))
      expect(codeOf(await registry.fetch(entry).catch((error) => error))).toBe('MODEL_INVALID')
    })

    it.each([
      ['noise', () => 'noise'],
      ['an entry of another version', (entry: Entry) => JSON.stringify(entry)],
      ['unknown keys', (entry: Entry) => JSON.stringify({ ...entry, version: 2, more: 1 })],
      [
        'paths for file names',
        (entry: Entry) =>
          JSON.stringify({ ...entry, version: 2, files: [{ ...entry.files[0], name: '../../x' }] }),
      ],
    ])('names a forged entry (%s) and lists the others', async (_what, forged) => {
      const entry = await registry.publish(scaled(1))
      await at.forge('tiny', 2, forged(entry))
      const { entries, problems } = await registry.list('tiny')
      expect(entries).toEqual([entry])
      expect(problems.map(codeOf)).toEqual(['MODEL_INVALID'])
    })

    it('keeps a pin', async () => {
      await registry.publish(scaled(1))
      await registry.pin('tiny', 1)
      expect((await registry.list('tiny')).pinned).toBe(1)
      await registry.pin('tiny', 2)
      const other = await another()
      expect((await other.list('tiny')).pinned).toBe(2)
      expect(await other.names()).toEqual(['tiny'])
    })

    it('hints at what others publish and pin', async () => {
      let hints = 0
      const watch = await registry.watch('tiny', () => void hints++)
      const other = await another()
      await until(async () => {
        await other.pin('tiny', 1)
        return hints > 0
      }, 'a hint')
      const before = hints
      await other.publish(scaled(1))
      await until(() => hints > before, 'another hint')
      await watch.close()
    })

    it('refuses names that are no names', async () => {
      for (const wrong of ['../tiny', 'a.b', '', '*'])
        expect(codeOf(await registry.list(wrong).catch((error) => error)), wrong).toBe('MODEL_INVALID')
    })
  })
}
