import { type JetStreamClient, type NatsConnection, connect as natsConnect } from 'nats'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleDigest } from '#spillway/models/bundle.js'
import { natsRegistry } from '#spillway/models/registry-nats.js'
import { openRegistry } from '#spillway/models/registry-open.js'
import { type NatsServer, startNats } from '../../scripts/servers/nats.mjs'
import { registrySuite } from '../conformance/registry.js'
import { until } from '../support/kafka.js'
import { scaled } from '../support/registries.js'
import { needServers } from '../support/servers.js'

describe.skipIf(!needServers('nats'))('NATS', () => {
  let server: NatsServer
  let connection: NatsConnection
  let jetstream: JetStreamClient
  let buckets = 0
  beforeAll(async () => {
    server = await startNats()
    connection = await natsConnect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 200 })
    jetstream = connection.jetstream()
  })
  afterAll(async () => {
    await connection?.close()
    await server?.stop()
  })

  registrySuite('NATS', async () => {
    const bucket = `models-${++buckets}`
    return {
      open: () => natsRegistry({ servers: [server.url], bucket }),
      damage: async ({ files }, file, bytes) => {
        const objects = await jetstream.views.os(bucket)
        await objects.putBlob({ name: files.find(({ name }) => name === file)!.sha256 }, bytes)
      },
      forge: async (name, version, text) => {
        const keys = await jetstream.views.kv(bucket)
        await keys.put(`${name}.${version}`, text)
      },
      close: async () => {},
    }
  })

  it('goes on after the server was killed, and hints then', async () => {
    const registry = await openRegistry(`${server.url}/restarted`, '/')
    const entry = await registry.publish(scaled(1))
    let hints = 0
    const watch = await registry.watch('tiny', () => void hints++)
    await server.restart()
    await until(() => hints > 0, 'a hint after the reconnect', 30_000)
    const second = await registry.publish(scaled(2))
    await until(() => hints > 1, 'a hint of the new version', 30_000)
    expect((await registry.list('tiny')).entries).toEqual([second, entry])
    await watch.close()
    await registry.close()
  }, 120_000)

  it('carries models of many megabytes', async () => {
    const registry = await openRegistry(`${server.url}/large`, '/')
    const model = new Uint8Array(12 << 20).map((_, i) => (i * 2_654_435_761) >>> 24)
    const files = scaled(1, 1, {}, model)
    const entry = await registry.publish(files)
    expect(bundleDigest(await registry.fetch(entry))).toBe(bundleDigest(files))
    await registry.close()
  }, 60_000)
})

it('says so when nobody answers', async () => {
  await expect(openRegistry('nats://127.0.0.1:1', '/')).rejects.toMatchObject({
    code: 'REGISTRY_UNAVAILABLE',
  })
  await expect(openRegistry('nats:///bucket', '/')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})
