import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SpillwayError } from '#spillway/errors.js'
import { queuePool } from '#spillway/train/optimize/pool-queue.js'
import { openQueue, parseQueue } from '#spillway/train/optimize/queue.js'
import type { TrialJob, TrialResult } from '#spillway/train/optimize/trial.js'
import { workOn } from '#spillway/train/optimize/worker.js'
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

  const job = { epochs: 1, shuffle: false, lineage: 'a' } as TrialJob
  const result: TrialResult = { metrics: {} as TrialResult['metrics'], shuffled: {}, epochs: 1, bestEpoch: 0 }

  it('says when trials wait and there is no worker; one that comes later does them', async () => {
    const address = parseQueue(`${server.url}/nobody`)
    const said = signal()
    const heard: number[] = []
    const onNobody = (trials: number) => {
      heard.push(trials)
      said.resolve()
    }
    const pool = await queuePool(address, { onNobody, lookMs: 200 })
    const leave = new AbortController()
    try {
      const asked = pool.run(job)
      await said.promise
      const run = () => Promise.resolve({ result })
      const worker = workOn({ address, run, signal: leave.signal })
      expect(await asked).toEqual(result)
      leave.abort()
      expect(await worker).toBe(1)
      expect(heard).toEqual([1])
    } finally {
      leave.abort()
      await pool.close()
    }
  })

  it('ends with an error when workers end again and again of a trial', async () => {
    const address = parseQueue(`${server.url}/lost`)
    const pool = await queuePool(address, { lookMs: 200 })
    const queue = await openQueue(address)
    try {
      const asked = pool.run(job).catch((error: SpillwayError) => error)
      const consumer = await queue.jetstream.consumers.get(queue.stream, queue.durable)
      let given = 0
      for (; given < 20; given++) {
        const message = await consumer.next({ expires: 2_000 })
        if (message === null) break
        message.nak()
      }
      expect(given).toBe(4)
      expect(await asked).toMatchObject({ code: 'WORKER_LOST' })
    } finally {
      await queue.connection.close()
      await pool.close()
    }
  })
})
