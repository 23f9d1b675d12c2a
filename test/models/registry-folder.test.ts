import { mkdirSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { folderRegistry } from '#spillway/models/registry-folder.js'
import { registrySuite } from '../conformance/registry.js'
import { temporary } from '../support/pipelines.js'
import { scaled } from '../support/registries.js'

registrySuite('a folder', async () => {
  const root = join(temporary(), 'registry')
  const write = (path: string, content: string | Uint8Array) => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }
  return {
    open: async () => folderRegistry(root),
    damage: async ({ digest }, file, bytes) => write(join(root, 'bundles', digest, file), bytes),
    forge: async (name, version, text) => write(join(root, 'models', name, `${version}.json`), text),
    close: async () => {},
  }
})

it('leaves nothing behind but bundles and entries', async () => {
  const root = temporary()
  const registry = folderRegistry(root)
  await registry.publish(scaled(1))
  await registry.publish(scaled(1))
  await registry.publish(scaled(1, 2)).catch(() => {})
  expect(await readdir(join(root, 'models/tiny'))).toEqual(['1.json'])
  for (const name of await readdir(join(root, 'bundles'))) expect(name).toMatch(/^[0-9a-f]{64}$/)
})

it('says which folder it cannot write', async () => {
  const root = join(temporary(), 'file')
  writeFileSync(root, 'no folder')
  await expect(folderRegistry(root).publish(scaled(1))).rejects.toMatchObject({
    code: 'REGISTRY_UNAVAILABLE',
    place: root,
  })
})
