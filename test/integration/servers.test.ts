import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startNats } from '../../scripts/servers/nats.mjs'
import { isAlive } from '../../scripts/servers/process.mjs'
import { until } from '../support/kafka.js'
import { needServers } from '../support/servers.js'

const nats = needServers('nats')
const script = fileURLToPath(new URL('../../scripts/servers/nats.mjs', import.meta.url))

test.skipIf(!nats)('a server comes back on its port and data, and is gone after stop', async () => {
  const server = await startNats()
  const first = server.pid
  await server.restart({ kill: true })
  expect(server.pid).not.toBe(first)
  expect(isAlive(first)).toBe(false)
  expect(server.alive()).toBe(true)
  await server.stop()
  expect(server.alive()).toBe(false)
  expect(isAlive(server.pid)).toBe(false)
})

test.skipIf(!nats)('a server ends with its owner, also when the owner is killed', async () => {
  const owner = spawn(process.execPath, [script, 'start'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(owner.stdout, 'data')
  const { pid, dataDir } = JSON.parse(String(line)) as { readonly pid: number; readonly dataDir: string }
  expect(isAlive(pid)).toBe(true)
  owner.kill('SIGKILL')
  await until(() => !isAlive(pid) && !existsSync(dataDir), 'the server and its folder are gone', 10_000)
})
