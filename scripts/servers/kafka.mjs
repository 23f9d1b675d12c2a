#!/usr/bin/env node
// A real single-node Kafka broker (KRaft) on loopback, from Maven Central's jars. For tests, CI and benches.
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { defaultVersion, javaPath, kafkaJars, kafkaMissing } from './kafka-jars.mjs'
import { endProcess, freePorts, isAlive, runToEnd, spawnServer, tail, waitUntil } from './process.mjs'

export { defaultVersion, kafkaMissing }

const credentials = { username: 'spillway', password: 'spillway-secret' }
const storePassword = 'changeit'

/** Lines of server.properties. Every replication factor is 1: there is one node. */
function properties({ dataDir, port, controllerPort, securePort, extra }) {
  const plain = `PLAINTEXT://127.0.0.1:${port}`
  const secure = securePort === null ? '' : `,SASL_SSL://127.0.0.1:${securePort}`
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
  const all = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `${plain},CONTROLLER://127.0.0.1:${controllerPort}${secure}`,
    'advertised.listeners': `${plain}${secure}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(dataDir, 'logs'),
    'num.partitions': 4,
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    'message.max.bytes': 20_971_520,
    'replica.fetch.max.bytes': 20_971_520,
    'log.segment.bytes': 268_435_456,
    'log.retention.ms': -1,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'background.threads': 2,
    ...(securePort !== null && {
      'sasl.enabled.mechanisms': 'SCRAM-SHA-256,SCRAM-SHA-512',
      'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config': scram,
      'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': scram,
      'ssl.keystore.type': 'PKCS12',
      'ssl.keystore.location': join(dataDir, 'etc', 'broker.p12'),
      'ssl.keystore.password': storePassword,
      'ssl.key.password': storePassword,
    }),
    ...extra,
  }
  return Object.entries(all)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}

/** Makes a self-signed certificate for 127.0.0.1 with the JRE's keytool; returns it as PEM. */
async function makeCertificate(etc) {
  const store = ['-keystore', join(etc, 'broker.p12'), '-storetype', 'PKCS12', '-storepass', storePassword]
  const keytool = join(dirname(javaPath()), 'keytool')
  if (!existsSync(join(etc, 'ca.pem'))) {
    const name = ['-alias', 'broker', '-dname', 'CN=127.0.0.1', '-ext', 'SAN=IP:127.0.0.1,DNS:localhost']
    const kind = ['-keyalg', 'RSA', '-keysize', '2048', '-validity', '30', '-ext', 'bc:c=ca:true']
    await runToEnd(keytool, ['-genkeypair', ...store, ...name, ...kind], 'keytool')
    await runToEnd(
      keytool,
      ['-exportcert', '-rfc', '-alias', 'broker', '-file', join(etc, 'ca.pem'), ...store],
      'keytool',
    )
  }
  return readFile(join(etc, 'ca.pem'), 'utf8')
}

/** Whether a broker answers ApiVersions (key 18, version 0) there. */
export function answersApiVersions(port, host = '127.0.0.1') {
  const request = Buffer.from([0, 0, 0, 11, 0, 18, 0, 0, 0, 0, 0, 7, 0, 1, 0x78])
  return new Promise((resolve) => {
    const socket = new Socket()
    const finish = (answer) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(1000, () => finish(false))
    socket.once('error', () => finish(false))
    socket.once('close', () => resolve(false))
    socket.once('data', (data) =>
      finish(data.length >= 10 && data.readInt32BE(4) === 7 && data.readInt16BE(8) === 0),
    )
    socket.connect(port, host, () => socket.write(request))
  })
}

async function format({ java, jars, dataDir, secure }) {
  if (existsSync(join(dataDir, 'logs', 'meta.properties'))) return
  let id = randomBytes(16).toString('base64url')
  while (id.startsWith('-')) id = randomBytes(16).toString('base64url')
  const user = `[name=${credentials.username},password=${credentials.password}]`
  const scram = secure
    ? ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((kind) => ['--add-scram', `${kind}=${user}`])
    : []
  const tool = ['-XX:TieredStopAtLevel=1', '-cp', join(jars, '*'), 'kafka.tools.StorageTool', 'format']
  await runToEnd(
    java,
    [...tool, '-t', id, '-c', join(dataDir, 'etc', 'server.properties'), ...scram],
    'Formatting',
  )
}

/**
 * Starts a broker and resolves when it answers.
 * Options: `dataDir` (a temporary folder, removed by `stop`, when absent), `port`, `version`, `heap` (`512m`),
 * `secure` (adds a SASL_SSL listener with SCRAM-SHA-256 and -512), `properties` (more server.properties),
 * `timeoutMs`, `detach` (outlive this process).
 * Returns `{ bootstrap, secureBootstrap, ca, username, password, port, dataDir, version, pid, alive(), kill(),
 * restart(), stop() }`: `kill` is SIGKILL, `restart` comes back on the same data and ports after either,
 * `stop` ends it in order.
 */
export async function startKafka(options = {}) {
  const version = options.version ?? process.env.KAFKA_VERSION ?? defaultVersion
  const missing = kafkaMissing(version)
  if (missing !== null) throw new Error(`A Kafka broker needs ${missing}`)
  const temporary = options.dataDir === undefined
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'spillway-kafka-')))
  const etc = join(dataDir, 'etc')
  const logFile = join(dataDir, 'broker.log')
  const [free, controllerPort, third] = await freePorts(3)
  const port = options.port ?? free
  const securePort = options.secure ? third : null
  const jars = await kafkaJars(version)
  const java = javaPath()
  const heap = options.heap ?? '512m'
  await mkdir(join(dataDir, 'logs'), { recursive: true })
  await mkdir(etc, { recursive: true })
  if (await answersApiVersions(port)) throw new Error(`Something answers on port ${port} already`)
  const ca = options.secure ? await makeCertificate(etc) : null
  const config = { dataDir, port, controllerPort, securePort, extra: options.properties }
  await writeFile(join(etc, 'server.properties'), properties(config))
  await format({ java, jars, dataDir, secure: options.secure })

  const jvm = [
    `-Xms${heap}`,
    `-Xmx${heap}`,
    '-XX:+UseG1GC',
    '-XX:+ExitOnOutOfMemoryError',
    '-Djava.awt.headless=true',
  ]
  const args = [
    ...jvm,
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
    '-cp',
    join(jars, '*'),
    'kafka.Kafka',
  ]
  const launch = async () => {
    const server = await spawnServer(java, [...args, join(etc, 'server.properties')], {
      logFile,
      detach: options.detach,
      scratch: temporary ? dataDir : undefined,
    })
    const failure = () => (server.alive() ? null : `The broker ended while starting:\n${tail(logFile)}`)
    const wait = { timeoutMs: options.timeoutMs ?? 90_000, what: 'The broker', failure }
    await waitUntil(() => answersApiVersions(port), wait)
    await writeFile(
      join(dataDir, 'broker.json'),
      JSON.stringify({ pid: server.pid, port, securePort, version }),
    )
    return server
  }
  let server = await launch()
  const end = (graceMs) => endProcess(server.pid, () => !server.alive(), graceMs)
  return {
    bootstrap: `127.0.0.1:${port}`,
    secureBootstrap: securePort === null ? null : `127.0.0.1:${securePort}`,
    ca,
    ...credentials,
    port,
    dataDir,
    version,
    get pid() {
      return server.pid
    },
    alive: () => server.alive(),
    kill: () => end(0),
    async restart({ kill = false } = {}) {
      await end(kill ? 0 : 30_000)
      server = await launch()
    },
    async stop() {
      await end(temporary ? 0 : 30_000)
      if (temporary) await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** The broker that was started on this folder, if it still runs and is still ours: `{ pid, port }` or `null`. */
async function recorded(dataDir) {
  const file = join(dataDir, 'broker.json')
  if (!existsSync(file)) return null
  const found = JSON.parse(await readFile(file, 'utf8'))
  if (!isAlive(found.pid)) return null
  const command = await readFile(`/proc/${found.pid}/cmdline`, 'utf8').catch(() => 'kafka.Kafka')
  return command.includes('kafka.Kafka') ? found : null
}

const usage = `usage: kafka.mjs start  [--port N] [--data DIR] [--version V] [--heap 512m] [--secure] [--set key=value …] [--detach]
       kafka.mjs stop   --data DIR      end a detached broker in order
       kafka.mjs kill9  --data DIR      end it with SIGKILL
       kafka.mjs status --data DIR
start prints one JSON line when the broker is ready; without --detach the broker ends with this command.`

async function main() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      port: { type: 'string' },
      data: { type: 'string' },
      version: { type: 'string' },
      heap: { type: 'string' },
      secure: { type: 'boolean' },
      set: { type: 'string', multiple: true, default: [] },
      detach: { type: 'boolean' },
    },
  })
  const [command] = positionals
  if (command === 'start') {
    const broker = await startKafka({
      port: values.port === undefined ? undefined : Number(values.port),
      dataDir: values.data,
      version: values.version,
      heap: values.heap,
      secure: values.secure,
      detach: values.detach,
      properties: Object.fromEntries(values.set.map((item) => item.split(/=(.*)/s).slice(0, 2))),
    })
    const { bootstrap, secureBootstrap, pid, dataDir, username, password } = broker
    process.stdout.write(
      `${JSON.stringify({ bootstrap, secureBootstrap, pid, dataDir, ...(secureBootstrap && { username, password }) })}\n`,
    )
    if (values.detach) process.exit(0)
    await new Promise((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve)
      setInterval(() => broker.alive() || resolve(), 500)
    })
    await broker.stop()
    process.exit(0)
  }
  if (values.data === undefined || !['stop', 'kill9', 'status'].includes(command)) {
    console.error(usage)
    process.exit(2)
  }
  const found = await recorded(values.data)
  if (command === 'status')
    process.stdout.write(
      `${JSON.stringify(found && { ...found, ready: await answersApiVersions(found.port) })}\n`,
    )
  else if (found) await endProcess(found.pid, () => !isAlive(found.pid), command === 'stop' ? 30_000 : 0)
  process.exit(found ? 0 : 3)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  main().catch((error) => {
    console.error(error.message)
    process.exit(1)
  })
}
