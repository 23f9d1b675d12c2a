import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Compression } from '#spillway/stream/kafka/port.js'
import { bytes, readAll, record, text, texts } from '../support/kafka.js'
import type { Bench } from './kafka.js'

/** What is written comes back: bytes, order, headers, codecs, sizes. */
export function producerTests(bench: () => Bench): void {
  describe('producer', () => {
    test('keys, tombstones, headers and timestamps come back', async () => {
      const { client, topic } = bench()
      const name = await topic()
      const producer = client.producer()
      const headers = new Map([
        ['why', bytes('tést')],
        ['empty', bytes('')],
      ])
      await producer.send([
        {
          topic: name,
          partition: 0,
          key: bytes('k'),
          value: bytes('v'),
          headers,
          timestamp: 1_700_000_000_123,
        },
        { topic: name, partition: 0, key: bytes('gone'), value: null },
        { topic: name, partition: 0, key: null, value: new Uint8Array(0) },
      ])
      await producer.close()
      const [first, second, third] = await readAll(client, name)
      expect(text(first.key)).toBe('k')
      expect(text(first.value)).toBe('v')
      expect(text(first.headers.get('why') ?? null)).toBe('tést')
      expect(first.headers.get('empty')?.length).toBe(0)
      expect(first.timestamp).toBe(1_700_000_000_123)
      expect([first.topic, first.partition, first.offset]).toEqual([name, 0, 0n])
      expect(text(second.key)).toBe('gone')
      expect(second.value).toBeNull()
      expect(third.key).toBeNull()
      expect(third.value?.length).toBe(0)
      expect(second.headers.size).toBe(0)
    })

    test('overlapping sends keep the order of each partition', async () => {
      const { client, topic } = bench()
      const name = await topic(3)
      const producer = client.producer()
      const sends = Array.from({ length: 300 }, (_, i) => producer.send([record(name, i % 3, `${i}`)]))
      await Promise.all(sends)
      await producer.close()
      const seen = await readAll(client, name)
      expect(seen).toHaveLength(300)
      for (const partition of [0, 1, 2]) {
        const numbers = seen
          .filter((item) => item.partition === partition)
          .map((item) => Number(text(item.value)))
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
        expect(numbers).toHaveLength(100)
      }
    })

    test('a key chooses the partition as the Java client does', async () => {
      const { client, topic } = bench()
      const name = await topic(4)
      const producer = client.producer()
      await producer.send(
        Object.keys(javaHashes).map((key) => ({ topic: name, key: bytes(key), value: bytes(key) })),
      )
      await producer.close()
      const seen = await readAll(client, name)
      const places = Object.fromEntries(seen.map((item) => [text(item.key), item.partition]))
      const expected = Object.entries(javaHashes).map(([key, hash]) => [key, (hash & 0x7fffffff) % 4])
      expect(places).toEqual(Object.fromEntries(expected))
    })

    test('many bytes for one partition are cut below max.message.bytes', async () => {
      const { client, topic } = bench()
      const name = await topic(1, { 'max.message.bytes': '1000000' })
      const producer = client.producer()
      const big = (fill: number) => ({
        topic: name,
        partition: 0,
        key: null,
        value: new Uint8Array(300_000).fill(fill),
      })
      await producer.send(Array.from({ length: 10 }, (_, i) => big(i)))
      await producer.close()
      expect((await readAll(client, name)).map((item) => item.value?.[0])).toEqual([
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
      ])
    })

    test('a record that the broker refuses is MESSAGE_TOO_LARGE, and the producer goes on', async () => {
      const { client, topic } = bench()
      const name = await topic(1, { 'max.message.bytes': '10000' })
      const producer = client.producer()
      const giant = {
        topic: name,
        partition: 0,
        key: null,
        value: randomBytes(50_000),
      }
      await expect(producer.send([giant])).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
      await producer.send([record(name, 0, 'small')])
      await producer.close()
      expect(texts(await readAll(client, name))).toEqual(['small'])
    })

    test('a topic that is not there is SINK_UNAVAILABLE', async () => {
      const producer = bench().client.producer({ deliveryTimeoutMs: 3_000 })
      const sent = producer.send([record('no-such-topic', 0, 'x')])
      await expect(sent).rejects.toMatchObject({ code: 'SINK_UNAVAILABLE' })
      await producer.close()
    })

    test.each<Compression>(['gzip', 'lz4', 'snappy'])('writes %s', async (compression) => {
      const { client, topic } = bench()
      const name = await topic()
      const producer = client.producer({ compression })
      const values = Array.from({ length: 50 }, (_, i) => `${compression} ${i} `.repeat(400))
      await producer.send(values.map((value) => record(name, 0, value)))
      await producer.close()
      expect(texts(await readAll(client, name))).toEqual(values)
    })

    test.each(['gzip', 'lz4', 'snappy', 'zstd'])('reads %s as the broker writes it', async (codec) => {
      const { client, topic } = bench()
      // The broker compresses again with the topic's codec: Java's framing of each.
      const name = await topic(1, { 'compression.type': codec })
      const producer = client.producer()
      const values = Array.from({ length: 50 }, (_, i) => `${codec} ${i} `.repeat(3_000))
      await producer.send(values.map((value) => record(name, 0, value)))
      await producer.close()
      expect(texts(await readAll(client, name))).toEqual(values)
    })
  })
}

/** murmur2 of some keys, from Kafka's own UtilsTest.java. */
const javaHashes = {
  '21': -973932308,
  foobar: -790332482,
  abc: 479470107,
  'a-little-bit-longer-string': -1486304829,
}
