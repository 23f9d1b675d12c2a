import { describe, expect, test } from 'vitest'
import type { GroupConsumer, KafkaClient, LaneProducer } from '#spillway/stream/kafka/port.js'
import { consumerOptions, keeper, readAll, record, sleep, text, until } from '../support/kafka.js'
import type { Bench } from './kafka.js'

/** Several members: every message exactly once, whoever comes and goes. */
export function groupTests(bench: () => Bench): void {
  /** A small exactly-once copier: what the engine does, without the engine. */
  const copier = (client: KafkaClient, group: string, input: string, output: string) => {
    const lanes = new Map<number, LaneProducer>()
    const admin = client.admin()
    const closeAll = async () => {
      const old = [...lanes.values()]
      lanes.clear()
      await Promise.all(old.map((lane) => lane.close()))
    }
    const openLane = async (consumer: GroupConsumer, partition: number) => {
      const lane = client.transactional({ transactionalId: `${group}-${partition}` })
      await lane.init()
      lanes.set(partition, lane)
      consumer.seek(input, partition, (await admin.committed(group, input, partition))?.offset ?? 0n)
    }
    const handler = keeper({
      assigned: async (partitions) => {
        await Promise.all(partitions.map(({ partition }) => openLane(consumer, partition)))
      },
      revoked: closeAll,
      messages: async (_, partition, messages, next) => {
        const lane = lanes.get(partition)
        const records = messages.map((message) => record(output, partition, text(message.value) ?? ''))
        try {
          await lane?.transact(records, { group, positions: [{ topic: input, partition, next }] })
        } catch (error) {
          // Fenced by the next owner, or closed under our hands by `revoked`: theirs now.
          if (lanes.get(partition) === lane) throw error
        }
      },
    })
    const options = consumerOptions(input, handler, { group, maxBytesPerPartition: 2_000 })
    const consumer = client.consumer(options)
    return { consumer, handler }
  }

  describe('group', () => {
    test('two members share, one leaves: every message exactly once', async () => {
      const { client, topic, open } = bench()
      const [input, output] = [await topic(4), await topic(4)]
      const group = `share-${input}`
      const producer = client.producer()
      const send = async (from: number, count: number) => {
        for (let i = from; i < from + count; i += 4) {
          await producer.send([0, 1, 2, 3].map((partition) => record(input, partition, `${i + partition}`)))
        }
      }
      await send(0, 400)
      const first = copier(client, group, input, output)
      const second = copier(await open(), group, input, output)
      await first.consumer.start()
      const sending = send(400, 1600)
      await second.consumer.start()
      await until(() => second.handler.calls.some((call) => /^assigned \d,\d$/.test(call)), 'both have two')
      await until(
        () =>
          first.handler.calls.at(-1) !== undefined && /^assigned \d,\d$/.test(first.handler.calls.at(-1)!),
        'shared',
      )
      await sending
      await sleep(300)
      await first.consumer.stop()
      await send(2000, 400)
      await until(() => second.handler.calls.at(-1) === 'assigned 0,1,2,3', 'the rest takes over')
      const done = async () => {
        const offsets = await Promise.all(
          [0, 1, 2, 3].map((partition) => client.admin().committed(group, input, partition)),
        )
        return offsets.every((item) => item?.offset === 600n)
      }
      await until(done, 'all committed')
      await second.consumer.stop()
      await producer.close()
      const seen = (await readAll(client, output))
        .map((item) => Number(text(item.value)))
        .sort((a, b) => a - b)
      expect(seen).toEqual(Array.from({ length: 2400 }, (_, i) => i))
      expect(first.handler.messagesSeen.length).toBeGreaterThan(0)
      expect(second.handler.messagesSeen.length).toBeGreaterThan(0)
    })

    test('rejoining waits for `revoked`, but not for ever', async () => {
      const { client, topic, open } = bench()
      const input = await topic(2)
      let drained = 0
      const slow = keeper({
        revoked: async () => {
          await sleep(700)
          drained++
        },
      })
      const stuck = keeper({ revoked: () => new Promise(() => undefined) })
      const options = consumerOptions(input, slow, { drainMs: 2_000 })
      const first = client.consumer(options)
      await first.start()
      const second = (await open()).consumer({ ...options, handler: stuck })
      await second.start()
      await until(() => slow.calls.length >= 3, 'the first rejoined')
      expect(drained).toBe(1)
      expect(slow.calls.slice(0, 2)).toEqual(['assigned 0,1', 'revoked 0,1'])
      const start = Date.now()
      await second.stop()
      expect(Date.now() - start).toBeLessThan(12_000)
      await until(() => slow.calls.at(-1) === 'assigned 0,1', 'all are back')
      await first.stop()
    })

    test('new partitions are noticed', async () => {
      const { client, topic } = bench()
      const input = await topic(1)
      const handler = keeper()
      const consumer = client.consumer(consumerOptions(input, handler, { metadataMaxAgeMs: 1_000 }))
      await consumer.start()
      await until(() => handler.calls.length === 1, 'the first assignment')
      await client.admin().grow(input, 3)
      await until(() => handler.calls.at(-1) === 'assigned 0,1,2', 'three partitions')
      const producer = client.producer()
      await producer.send([record(input, 2, 'in the new one')])
      await producer.close()
      await until(() => handler.messagesSeen.length === 1, 'its message')
      await consumer.stop()
      expect(await client.admin().partitions(input)).toBe(3)
    })
  })
}
