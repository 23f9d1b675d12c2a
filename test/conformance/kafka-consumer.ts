import { describe, expect, test } from 'vitest'
import { consumerOptions, keeper, record, sleep, texts, until, withConsumer } from '../support/kafka.js'
import type { Bench } from './kafka.js'

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `${from + i}`)

/** One member alone: positions, backpressure, errors. */
export function consumerTests(bench: () => Bench): void {
  const filled = async (partitions: number, perPartition: number, value = (text: string) => text) => {
    const { client, topic } = bench()
    const name = await topic(partitions)
    const producer = client.producer()
    const list = numbers(0, perPartition)
    for (let partition = 0; partition < partitions; partition++) {
      // Record batches of four: a fetch cannot take less than one.
      for (let i = 0; i < list.length; i += 4) {
        await producer.send(list.slice(i, i + 4).map((text) => record(name, partition, value(text))))
      }
    }
    await producer.close()
    return name
  }

  describe('consumer', () => {
    test('starts where `assigned` seeks, and nothing is delivered before', async () => {
      const { client } = bench()
      const topic = await filled(2, 20)
      let ready = false
      const handler = keeper({
        async assigned() {
          consumer.seek(topic, 1, 15n)
          await sleep(500)
          expect(handler.messagesSeen).toHaveLength(0)
          ready = true
        },
        messages: async () => expect(ready).toBe(true),
      })
      const consumer = client.consumer(consumerOptions(topic, handler))
      await consumer.start()
      await until(() => handler.messagesSeen.length === 25, '25 messages')
      await consumer.stop()
      await consumer.done
      expect(texts(handler.messagesSeen.filter((item) => item.partition === 1))).toEqual(numbers(15, 20))
      expect(handler.calls).toEqual(['assigned 0,1', 'revoked 0,1'])
    })

    test('seeks at any time, forward and back, also while a delivery is pending', async () => {
      const { client } = bench()
      const topic = await filled(1, 100)
      const handler = keeper({ messages: () => sleep(50) })
      await withConsumer(client, consumerOptions(topic, handler), async (consumer) => {
        await until(() => handler.messagesSeen.length > 0, 'a delivery')
        consumer.seek(topic, 0, 90n)
        await until(() => handler.messagesSeen.at(-1)?.offset === 99n, 'the end')
        const before = handler.messagesSeen.length
        consumer.seek(topic, 0, 10n)
        await until(() => handler.messagesSeen.length >= before + 90, 'all from 10')
        expect(texts(handler.messagesSeen.slice(before))).toEqual(numbers(10, 100))
      })
    })

    test('a handler that takes longer than the session timeout keeps its membership and its bounds', async () => {
      const { client } = bench()
      const topic = await filled(2, 64, (text) => text.padEnd(20_000, '.'))
      const handler = keeper({
        messages: async (_, partition) => {
          if (partition === 0) await sleep(8_000)
        },
      })
      const small = { sessionTimeoutMs: 6_000, prefetchBytes: 100_000, maxBytesPerPartition: 50_000 }
      await withConsumer(client, consumerOptions(topic, handler, small), async (consumer) => {
        const ofPartition = (partition: number) =>
          handler.messagesSeen.filter((item) => item.partition === partition)
        await until(() => ofPartition(1).length === 64, 'the other partition goes on')
        await sleep(7_000)
        expect(ofPartition(0).length).toBeLessThan(20)
        expect(consumer.silenceMs()).toBeLessThan(3_000)
        expect(handler.calls).toEqual(['assigned 0,1'])
      })
    })

    test('pause holds a partition back until resume', async () => {
      const { client } = bench()
      const topic = await filled(2, 10)
      const handler = keeper({
        assigned: async () => consumer.pause([{ topic, partition: 0 }]),
      })
      const consumer = client.consumer(consumerOptions(topic, handler))
      await consumer.start()
      await until(() => handler.messagesSeen.length === 10, 'partition 1')
      await sleep(300)
      expect(handler.messagesSeen.every((item) => item.partition === 1)).toBe(true)
      expect(consumer.progress().find((item) => item.partition === 0)?.paused).toBe(true)
      consumer.resume([{ topic, partition: 0 }])
      await until(() => handler.messagesSeen.length === 20, 'partition 0')
      await consumer.stop()
    })

    test('goes on at its commit, and commits nothing by itself', async () => {
      const { client } = bench()
      const topic = await filled(1, 30)
      const first = keeper()
      const options = consumerOptions(topic, first)
      await withConsumer(client, options, async (consumer) => {
        await until(() => first.messagesSeen.length === 30, '30 messages')
        expect(await client.admin().committed(options.group, topic, 0)).toBeNull()
        await consumer.commit(topic, 0, 12n, 'note')
      })
      expect(await client.admin().committed(options.group, topic, 0)).toEqual({
        offset: 12n,
        metadata: 'note',
      })
      const second = keeper()
      await withConsumer(client, { ...options, handler: second }, async (consumer) => {
        await until(() => second.messagesSeen.length === 18, '18 messages')
        expect(consumer.progress()).toEqual([
          { topic, partition: 0, position: 30n, high: 30n, paused: false },
        ])
      })
      expect(texts(second.messagesSeen)).toEqual(numbers(12, 30))
    })

    test('starts at the end when told so', async () => {
      const { client } = bench()
      const topic = await filled(1, 5)
      const handler = keeper()
      await withConsumer(client, consumerOptions(topic, handler, { from: 'latest' }), async () => {
        await sleep(1_000)
        const producer = client.producer()
        await producer.send([record(topic, 0, 'new')])
        await producer.close()
        await until(() => handler.messagesSeen.length > 0, 'the new message')
      })
      expect(texts(handler.messagesSeen)).toEqual(['new'])
    })

    test('what the handler throws ends the consumer', async () => {
      const { client } = bench()
      const topic = await filled(1, 5)
      const broken = keeper({ messages: () => Promise.reject(new Error('no room')) })
      const consumer = client.consumer(consumerOptions(topic, broken))
      await consumer.start()
      await expect(consumer.done).rejects.toThrow('no room')
    })

    test('a topic that is not there is SOURCE_UNAVAILABLE', async () => {
      const consumer = bench().client.consumer(consumerOptions('no-such-topic', keeper()))
      await expect(consumer.start()).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
      await expect(consumer.done).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
    })

    test('an offset that is not in the topic stops the consumer instead of skipping', async () => {
      const { client } = bench()
      const topic = await filled(1, 5)
      const handler = keeper({ assigned: async () => consumer.seek(topic, 0, 1_000n) })
      const options = consumerOptions(topic, handler)
      const consumer = client.consumer(options)
      await consumer.start()
      await expect(consumer.done).rejects.toMatchObject({
        code: 'SOURCE_UNAVAILABLE',
        message: 'The offset to read is not in the topic any more',
      })
      expect(handler.messagesSeen).toHaveLength(0)
      expect(await client.admin().committed(options.group, topic, 0)).toBeNull()
    })
  })
}
