import { spawn } from 'node:child_process'
import { accessSync, closeSync, constants, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** Where downloaded and built things are kept between runs. */
export const cacheDir = () => process.env.SPILLWAY_CACHE ?? join(homedir(), '.cache', 'spillway')

/** Full path of an executable on PATH, or `null`. */
export function findExecutable(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // Not in this folder.
    }
  }
  return null
}

const bindable = (port) =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })

/**
 * Free loopback ports below the range that the system hands to outgoing connections: a server that is
 * restarted on its port must not find a client (or itself, by a simultaneous open) sitting on it.
 */
export async function freePorts(count) {
  const ports = new Set()
  while (ports.size < count) {
    const port = 12_000 + Math.floor(Math.random() * 19_000)
    if (!ports.has(port) && (await bindable(port))) ports.add(port)
  }
  return [...ports]
}

/** Polls `check` until it gives true; throws what `failure()` returns when it gives a string, or on timeout. */
export async function waitUntil(check, { timeoutMs, what, failure = () => null }) {
  const end = Date.now() + timeoutMs
  while (Date.now() < end) {
    if (await check()) return
    const failed = failure()
    if (failed !== null) throw new Error(failed)
    await sleep(50)
  }
  throw new Error(`${what} was not ready within ${timeoutMs / 1000} s`)
}

export const isAlive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** The last lines of a log file, for error messages. */
export function tail(file, lines = 20) {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
  } catch {
    return ''
  }
}

const watchdog = fileURLToPath(new URL('./watchdog.mjs', import.meta.url))

/**
 * Runs a server that ends when this process ends, however it ends: a watchdog process holds a channel to us
 * and kills the server when the channel breaks, and removes the folder `scratch`. With `detach` it outlives us.
 * Resolves to `{ pid, exited, alive() }` as soon as it runs; not when it is ready.
 */
export async function spawnServer(command, args, { logFile, detach = false, scratch }) {
  const log = openSync(logFile, 'a')
  try {
    if (detach) {
      const child = spawn(command, args, { stdio: ['ignore', log, log], detached: true })
      const exited = new Promise((resolve) => child.once('exit', resolve))
      await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
      child.unref()
      return { pid: child.pid, exited, alive: () => isAlive(child.pid) }
    }
    const guard = spawn(process.execPath, [watchdog, command, ...args], {
      stdio: ['ignore', log, log, 'ipc'],
      detached: true,
      env: { ...process.env, ...(scratch && { SPILLWAY_SCRATCH: scratch }) },
    })
    let running = true
    const exited = new Promise((resolve) =>
      guard.once('exit', (code) => {
        running = false
        resolve(code)
      }),
    )
    const pid = await new Promise((resolve, reject) => {
      guard.once('message', (message) =>
        message.pid ? resolve(message.pid) : reject(new Error(message.error)),
      )
      guard.once('error', reject)
      guard.once('exit', () => reject(new Error(`${command} ended at once\n${tail(logFile)}`)))
    })
    guard.unref()
    guard.channel?.unref()
    return { pid, exited, alive: () => running }
  } finally {
    closeSync(log)
  }
}

/** SIGTERM, then SIGKILL after `graceMs`; resolves when the process is gone. */
export async function endProcess(pid, isGone, graceMs) {
  const signal = (name) => {
    try {
      process.kill(pid, name)
    } catch {
      // Already gone.
    }
  }
  if (isGone()) return
  if (graceMs > 0) {
    signal('SIGTERM')
    for (const end = Date.now() + graceMs; !isGone() && Date.now() < end; ) await sleep(50)
  }
  while (!isGone()) {
    signal('SIGKILL')
    await sleep(20)
  }
}

/** Runs a command to its end; throws with its output when it fails. */
export async function runToEnd(command, args, what) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const chunks = []
  child.stdout.on('data', (chunk) => chunks.push(chunk))
  child.stderr.on('data', (chunk) => chunks.push(chunk))
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  const output = Buffer.concat(chunks).toString()
  if (code !== 0) throw new Error(`${what} failed:\n${output.split('\n').slice(-20).join('\n')}`)
  return output
}
