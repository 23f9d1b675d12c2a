import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type NatsServer, startNats } from '../../scripts/servers/nats.mjs'
import { spillway, temporaryFolder } from '../support/cli.js'
import { needServers } from '../support/servers.js'
import { tiny } from '../train/optimize/tiny.js'

/** A promise to be resolved from outside. */
function signal() {
  let resolve = (): void => undefined
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve: () => resolve() }
}

describe.skipIf(!needServers('nats'))('an optimization through a queue', () => {
  const folder = temporaryFolder()
  let server: NatsServer
  beforeAll(async () => {
    server = await startNats()
  })
  afterAll(() => server?.stop())

  it('gives what one machine gives, with two workers of which one leaves', async () => {
    const queue = `${server.url}/test`
    const leave = signal()
    const worker = (stop?: Promise<unknown>) =>
      spillway(['optimize-worker', '--queue', queue, '--idle', '60'], stop === undefined ? {} : { stop })
    const end = signal()
    const workers = [worker(leave.promise), worker(end.promise)]
    const [local, queued] = ['local', 'queued'].map((name) => join(folder.path, name))
    setTimeout(() => leave.resolve(), 15_000)
    const led = await spillway(['optimize', 'ssww-polarization', '--out', queued, ...tiny, '--queue', queue])
    leave.resolve()
    end.resolve()
    expect(led).toMatchObject({ code: 0, err: '' })
    const done = await Promise.all(workers)
    const counts = done.map(({ out }) => Number(/^(\d+) trials done/m.exec(out)?.[1]))
    expect(done.map(({ code }) => code)).toEqual([0, 0])
    const alone = await spillway(['optimize', 'ssww-polarization', '--out', local, ...tiny])
    expect(alone).toMatchObject({ code: 0, err: '' })
    const result = (at: string): string => readFileSync(join(at, 'optimization.json'), 'utf8')
    expect(result(queued) === result(local)).toBe(true)
    const trials = readFileSync(join(local, 'journal.jsonl'), 'utf8').trimEnd().split('\n').length
    expect(counts[0] + counts[1]).toBe(trials)
  }, 400_000)

  it('gives an error of a trial to whoever leads', async () => {
    const queue = `${server.url}/errors`
    const end = signal()
    const patient = ['optimize-worker', '--queue', queue, '--idle', '90', '--quiet']
    const worker = spillway(patient, { stop: end.promise })
    const out = join(folder.path, 'error')
    const led = await spillway([
      ...['optimize', 'ssww-polarization', '--out', out, '--quiet', '--queue', queue],
      ...['--data', join(folder.path, 'missing.arrow')],
    ])
    end.resolve()
    expect(led.code).not.toBe(0)
    expect(led.err).toContain('missing.arrow')
    expect(await worker).toMatchObject({ code: 0 })
  }, 120_000)
})
