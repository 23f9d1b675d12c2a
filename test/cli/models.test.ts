import { generateKeyPairSync } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { writeBundleFiles } from '#spillway/models/bundle.js'
import { spillway, temporaryFolder } from '../support/cli.js'
import { scaled } from '../support/registries.js'

const folder = temporaryFolder()
const registry = `${folder.path}/registry`
const env = { SPILLWAY_REGISTRY: registry }
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const passphrase = 'correct horse'

const run = (...args: string[]) => spillway(args, { env: { ...env, SPILLWAY_KEY_PASSPHRASE: passphrase } })
async function json(...args: string[]) {
  const { code, out, err } = await run(...args, '--json')
  expect(code, err).toBe(0)
  return JSON.parse(out)
}

describe('publish and models', () => {
  let key = ''
  let pub = ''
  beforeAll(() => {
    key = folder.file(
      'key.pem',
      privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }) as string,
    )
    pub = folder.file('key.pub.pem', publicKey.export({ type: 'spki', format: 'pem' }) as string)
    for (const factor of [1, 2]) writeBundleFiles(`${folder.path}/b${factor}`, scaled(1, factor))
  })

  it('take a model from its bundle to a rollback', async () => {
    const first = await run('publish', `${folder.path}/b1`)
    expect(first.out).toMatch(/^published tiny v1: [0-9a-f]{64}\n$/)

    const taken = await run('publish', `${folder.path}/b2`)
    expect(taken.code).toBe(1)
    expect(taken.err).toMatch(/MODEL_EXISTS: tiny v1 .*\n(.*\n)*\s+remedy: .*--next/)

    const second = await run(
      'publish',
      `${folder.path}/b2`,
      '--next',
      '--sign',
      key,
      '--note',
      'twice',
      '--pin',
    )
    expect(second.out).toMatch(/^published tiny v2, signed: /)

    const [tiny] = await json('models', 'list')
    expect(tiny).toMatchObject({ name: 'tiny', pinned: 2, broken: 0 })
    expect(
      tiny.entries.map((entry: { version: number; note: string }) => [entry.version, entry.note]),
    ).toEqual([
      [2, 'twice'],
      [1, ''],
    ])
    expect((await run('models', 'list', 'tiny')).out).toMatch(/tiny +│ 2 \(pinned\) .* yes .* twice/)

    const shown = await run('models', 'show', 'tiny', '--public-key', pub)
    expect(shown.out).toContain('tiny v2: digests verified, signature verified')
    const unsigned = await run('models', 'show', 'tiny', '1', '--public-key', pub)
    expect([unsigned.code, unsigned.err.split(':')[0]]).toEqual([1, 'MODEL_UNSIGNED'])

    const found = await json('models', 'diff', 'tiny', '1', '2')
    expect(found.map(({ key: name }: { key: string }) => name)).toEqual([
      'model.sha256',
      'probe.sha256',
      'version',
    ])

    const back = await run('models', 'rollback', 'tiny', '1', '--sign', key)
    expect(back.out).toMatch(/^published tiny v3 with the weights of v1: /)
    const [after] = await json('models', 'list', 'tiny')
    expect([after.pinned, after.entries[0].note]).toEqual([3, 'rollback to v1'])
    expect(
      (await json('models', 'diff', 'tiny', '1', '3')).map(({ key: name }: { key: string }) => name),
    ).toEqual(['version'])

    const older = await run('models', 'pin', 'tiny', '2')
    expect([older.code, older.err.split(':')[0]]).toEqual([1, 'MODEL_OUTDATED'])
    expect((await run('models', 'pin', 'tiny', '3')).out).toBe('pinned tiny v3\n')
  }, 60_000)

  it('say what is not there', async () => {
    const none = await run('models', 'show', 'tiny', '9')
    expect(none.err).toMatch(/MODEL_UNREADABLE: the registry has no tiny v9/)
    const bundle = await run('publish', `${folder.path}/nothing`)
    expect([bundle.code, bundle.err.split(':')[0]]).toEqual([1, 'MODEL_UNREADABLE'])
    const unreachable = await spillway(['models', 'list', '--registry', 'nats://127.0.0.1:1'])
    expect([unreachable.code, unreachable.err.split(':')[0]]).toEqual([75, 'REGISTRY_UNAVAILABLE'])
  }, 60_000)
})
