import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { KafkaClient } from '#spillway/stream/kafka/port.js'
import type { Done, LaneSink } from '#spillway/stream/sink.js'
import { kafkaSink } from '#spillway/stream/sinks/kafka-sink.js'
import { bytes, readAll, text } from '../support/kafka.js'
import { messageOf } from '../support/messages.js'
import { uniform } from '../support/random.js'
import type { Bench } from './kafka.js'

/** Done messages of numbers from `first` to before `end`, one row each with `size` bytes that nothing compresses. */
const done = (first: bigint, end: bigint, size = 0): readonly Done[] =>
  Array.from({ length: Number(end - first) }, (_, i) => {
    const number = Number(first) + i
    const scores = bytes(`${number} ${randomBytes(size).toString('base64')}`)
    const outcome = {
      rows: 1,
      scores,
      accepted: null,
      acceptedRows: 0,
      chains: {},
      decisions: [],
      rejects: [],
    }
    return { message: messageOf(bytes(`${number}`), number), outcome }
  })

/** The client, counting transactions by their transactional id. */
function counted(client: KafkaClient): {
  readonly client: KafkaClient
  readonly counts: Map<string, number>
} {
  const counts = new Map<string, number>()
  const transactional: KafkaClient['transactional'] = (options) => {
    const producer = client.transactional(options)
    const { transactionalId: id } = options
    return {
      ...producer,
      transact(records, offsets) {
        counts.set(id, (counts.get(id) ?? 0) + 1)
        return producer.transact(records, offsets)
      },
    }
  }
  return { client: { ...client, transactional }, counts }
}

/** Lanes of a process commit together, and still each of them is fenced by itself. */
export function sharedTests(bench: () => Bench): void {
  const setting = async (partitions: number) => {
    const { topic } = bench()
    const input = await topic(partitions)
    const scores = await topic(partitions, { 'max.message.bytes': '1000000' })
    const letters = await topic(1)
    /** The sink of a process. */
    const sinkOn = (client: KafkaClient) =>
      kafkaSink({
        client,
        pipeline: `shared-${input}`,
        group: `shared-${input}`,
        scores,
        accepted: null,
        deadLetters: { topic: letters },
        delivery: 'exactly_once',
        offsetIntervalMs: 100,
        transactionTimeoutMs: 30_000,
        offsetOf: (id) => id,
        traceOf: () => new Map(),
        commitOffset: () => Promise.reject(new Error('not used')),
      })
    const idOf = (partition: number) => ({ topic: input, partition })
    /** What committed readers find in each partition. */
    const numbers = async () => {
      const found: number[][] = Array.from({ length: partitions }, () => [])
      for (const { partition, value } of await readAll(bench().client, scores))
        found[partition].push(Number.parseInt(text(value) ?? '', 10))
      return found
    }
    return { sinkOn, idOf, numbers }
  }
  const upTo = (end: number): number[] => Array.from({ length: end }, (_, i) => i)

  describe('lanes of a process', () => {
    test('share a transaction where they commit at the same time', async () => {
      const { sinkOn, idOf, numbers } = await setting(3)
      const { client, counts } = counted(await bench().open())
      const sink = await sinkOn(client)
      const lanes = [0, 1, 2].map((partition) => sink.lane(idOf(partition)))
      let next = 1n
      const commitAll = () => Promise.all(lanes.map((lane) => lane.commit(done(next - 1n, next), next)))
      // One commits, the others are invited and come along.
      lanes[1].onCompany?.(() => void joined.push(lanes[1].commit(done(next - 1n, next), next)))
      lanes[2].onCompany?.(() => void joined.push(lanes[2].commit(done(next - 1n, next), next)))
      const joined: Promise<void>[] = []
      for (const lane of lanes) expect(await lane.open()).toMatchObject({ next: null })
      await commitAll()
      expect([...counts.values()]).toEqual([1, 1, 1])
      for (next = 2n; next <= 5n; next++) {
        joined.length = 0
        await lanes[0].commit(done(next - 1n, next), next)
        expect(joined).toHaveLength(2)
        await Promise.all(joined)
      }
      // Three under the lanes' own names, four under that of the process.
      expect([...counts.values()].sort()).toEqual([1, 1, 1, 4])
      for (const lane of lanes) {
        expect(await lane.open()).toEqual({ next: 5n, mark: { opens: 0, tries: 0 } })
        await lane.close()
      }
      await sink.close()
      expect(await numbers()).toEqual([upTo(5), upTo(5), upTo(5)])
    })

    test('are shut out of one of them by who takes it over, and go on with the others', async () => {
      const { sinkOn, idOf, numbers } = await setting(2)
      const [first, second] = [await sinkOn(await bench().open()), await sinkOn(await bench().open())]
      const old = [0, 1].map((partition) => first.lane(idOf(partition)))
      for (const lane of old) {
        await lane.open()
        await lane.mark(0n, { opens: 1, tries: 0 })
        await lane.commit(done(0n, 2n), 2n)
      }
      const heir = second.lane(idOf(1))
      expect(await heir.open()).toEqual({ next: 2n, mark: { opens: 0, tries: 0 } })
      await expect(old[1].commit(done(2n, 3n), 3n)).rejects.toMatchObject({ code: 'LANE_FENCED' })
      await expect(old[0].commit(done(2n, 3n), 3n)).rejects.toMatchObject({ code: 'SINK_UNAVAILABLE' })
      await heir.mark(2n, { opens: 1, tries: 2 })
      await heir.commit(done(2n, 5n), 5n)
      expect(await old[0].open()).toMatchObject({ next: 2n })
      await old[0].commit(done(2n, 4n), 4n)
      await old[0].commit(done(4n, 5n), 5n)
      await heir.commit(done(5n, 6n), 6n)
      for (const lane of [...old, heir]) await lane.close()
      await first.close()
      await second.close()
      expect(await numbers()).toEqual([upTo(5), upTo(6)])
    })

    test('find out whose result was too large, and the others lose nothing', async () => {
      const { sinkOn, idOf, numbers } = await setting(2)
      const sink = await sinkOn(await bench().open())
      const lanes = [0, 1].map((partition) => sink.lane(idOf(partition)))
      const each = (call: (lane: LaneSink, index: number) => Promise<unknown>) =>
        Promise.allSettled(lanes.map(call))
      await each((lane) => lane.open())
      await each((lane) => lane.commit(done(0n, 1n), 1n))
      const both = () => each((lane, index) => lane.commit(done(1n, 2n, index === 0 ? 2e6 : 0), 2n))
      for (const end of await both())
        expect(end).toMatchObject({ status: 'rejected', reason: { code: 'SINK_UNAVAILABLE' } })
      for (const end of await each((lane) => lane.open()))
        expect(end).toMatchObject({ status: 'fulfilled', value: { next: 1n } })
      // Past their first transactions, they share the process's again, and now go one by one.
      await each((lane) => lane.mark(1n, { opens: 1, tries: 0 }))
      expect(await both()).toMatchObject([
        { status: 'rejected', reason: { code: 'MESSAGE_TOO_LARGE' } },
        { status: 'rejected', reason: { code: 'SINK_UNAVAILABLE' } },
      ])
      expect(await lanes[1].open()).toMatchObject({ next: 1n })
      await lanes[1].commit(done(1n, 2n), 2n)
      await each((lane) => lane.close())
      await sink.close()
      expect(await numbers()).toEqual([upTo(1), upTo(2)])
    })

    test.each([1, 2, 3])(
      'fought over by processes that all believe to own them: each number once, in order (seed %i)',
      async (seed) => {
        const PARTITIONS = 3
        const { sinkOn, idOf, numbers } = await setting(PARTITIONS)
        const random = uniform(seed)
        const draw = (count: number) => Math.floor(random() * count)
        const start = async () => {
          const sink = await sinkOn(await bench().open())
          return upTo(PARTITIONS).map((partition) => ({
            sink: sink.lane(idOf(partition)),
            /** Where it believes to be; `null` while it has not the lane. */
            next: null as bigint | null,
          }))
        }
        const processes = [await start(), await start(), await start()]
        let commits = 0
        let refused = 0
        const act = async (process: number, partition: number): Promise<void> => {
          const lane = processes[process][partition]
          if (lane.next === null || random() < 0.1) {
            lane.next = await lane.sink.open().then(
              ({ next }) => next ?? 0n,
              () => null,
            )
            return
          }
          const end = lane.next + BigInt(draw(3))
          const from = lane.next
          lane.next = await lane.sink.commit(done(from, end), end).then(
            () => end,
            () => null,
          )
          if (lane.next === null) refused++
          else commits++
        }
        for (let step = 0; step < 40; step++) {
          // A process dies without a word, and another comes.
          if (step % 15 === 14) processes[draw(3)] = await start()
          const owners = upTo(PARTITIONS).map(() => draw(3))
          const side = random() < 0.3 ? [{ process: draw(3), partition: draw(PARTITIONS) }] : []
          const acts = owners.map((process, partition) => ({ process, partition }))
          const distinct = side.filter((one) => owners[one.partition] !== one.process)
          await Promise.all([...acts, ...distinct].map(({ process, partition }) => act(process, partition)))
        }
        const last = await sinkOn(await bench().open())
        const ends: number[] = []
        for (const partition of upTo(PARTITIONS)) {
          const { next } = await last.lane(idOf(partition)).open()
          ends.push(Number(next ?? 0n))
        }
        expect(await numbers()).toEqual(ends.map(upTo))
        expect(commits).toBeGreaterThan(10)
        expect(refused).toBeGreaterThan(3)
      },
    )
  })
}
