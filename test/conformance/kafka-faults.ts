import { describe, expect, test } from 'vitest'
import { consumerOptions, keeper, readAll, record, text, texts, until } from '../support/kafka.js'
import type { Bench } from './kafka.js'

/** A broker that goes away, and one that does not let us in. */
export function faultTests(bench: () => Bench): void {
  describe('faults', () => {
    test('a restarting broker is survived by consumer and producer', async () => {
      const { client, topic, broker } = bench()
      const name = await topic(2)
      const handler = keeper()
      // Longer than the test waits: it stays a member or leaves, and never waits for its own ghost to time out.
      const consumer = client.consumer(consumerOptions(name, handler, { sessionTimeoutMs: 60_000 }))
      const producer = client.producer()
      await consumer.start()
      await producer.send([record(name, 0, 'before')])
      await until(() => handler.messagesSeen.length === 1, 'the first message')
      await broker.restart({ kill: true })
      await producer.send([record(name, 1, 'after')])
      const seen = () => new Set(texts(handler.messagesSeen))
      await until(() => seen().has('after'), 'the message after the restart', 30_000)
      await until(() => consumer.silenceMs() < 2_000, 'word from the group', 10_000)
      await consumer.stop()
      await consumer.done
      await producer.close()
    }, 120_000)

    test('the broker killed during commits: each is wholly visible or not at all', async () => {
      const { client, topic, broker } = bench()
      const [input, output] = [await topic(1), await topic(2)]
      const group = `killed-${input}`
      const lane = client.transactional({ transactionalId: group, deliveryTimeoutMs: 8_000 })
      await lane.init()
      let next = 0n
      let confirmed = 0n
      const work = async () => {
        for (;;) {
          next++
          const records = [record(output, 0, `${next}`), record(output, 1, `${next}`)]
          const positions = [{ topic: input, partition: 0, next, metadata: `${next}` }]
          await lane.transact(records, { group, positions })
          confirmed = next
        }
      }
      const failed = work().catch((error: unknown) => error)
      await until(() => confirmed > 5n, 'some commits')
      await broker.kill()
      const error = await failed
      expect(['LANE_AMBIGUOUS', 'SINK_UNAVAILABLE']).toContain((error as { code?: string }).code)
      await broker.restart()
      await until(
        () =>
          lane.init().then(
            () => true,
            () => false,
          ),
        'the lane opens again',
        60_000,
      )
      const committed = await client.admin().committed(group, input, 0)
      // The one in doubt is there or not; what was confirmed stays.
      expect([confirmed, next]).toContain(committed?.offset)
      expect(committed?.metadata).toBe(`${committed?.offset}`)
      await lane.close()
      const seen = await readAll(client, output)
      const expected = Array.from({ length: Number(committed?.offset) }, (_, i) => i + 1)
      for (const partition of [0, 1]) {
        expect(
          seen.filter((item) => item.partition === partition).map((item) => Number(text(item.value))),
        ).toEqual(expected)
      }
    }, 120_000)

    test.each(['scram-sha-256', 'scram-sha-512'] as const)('%s over TLS', async (mechanism) => {
      const { broker, open, topic } = bench()
      const name = await topic()
      const { username, password, ca, secureBootstrap } = broker
      const client = await open({
        brokers: [secureBootstrap],
        ssl: { ca },
        sasl: { mechanism, username, password },
      })
      const lane = client.transactional({ transactionalId: `secure-${mechanism}` })
      await lane.init()
      const offsets = {
        group: `secure-${mechanism}`,
        positions: [{ topic: name, partition: 0, next: 1n }],
      }
      await lane.transact([record(name, 0, 'secret')], offsets)
      expect(texts(await readAll(client, name))).toEqual(['secret'])
      await lane.close()
    })

    test('a wrong password says so at once', async () => {
      const { broker, open, topic } = bench()
      const name = await topic()
      const { username, ca, secureBootstrap } = broker
      const sasl = { mechanism: 'scram-sha-512' as const, username, password: 'wrong' }
      const client = await open({ brokers: [secureBootstrap], ssl: { ca }, sasl })
      const start = Date.now()
      const consumer = client.consumer(consumerOptions(name, keeper()))
      await expect(consumer.start()).rejects.toMatchObject({
        code: 'SOURCE_UNAVAILABLE',
        remedy: 'Correct kafka.sasl: mechanism, username or password.',
      })
      const lane = client.transactional({ transactionalId: 'wrong', deliveryTimeoutMs: 10_000 })
      await expect(lane.init()).rejects.toMatchObject({ code: 'SINK_UNAVAILABLE' })
      expect(Date.now() - start).toBeLessThan(20_000)
    })

    test('no broker at all: SOURCE_UNAVAILABLE at its address after the time allowed', async () => {
      const client = await bench().open({ brokers: ['127.0.0.1:1'], connectionTimeoutMs: 500 })
      const consumer = client.consumer(consumerOptions('any', keeper(), { unavailableMs: 2_000 }))
      const start = Date.now()
      const unavailable = { code: 'SOURCE_UNAVAILABLE', place: '127.0.0.1:1' }
      await expect(consumer.start()).rejects.toMatchObject(unavailable)
      expect(Date.now() - start).toBeLessThan(15_000)
      await expect(client.admin().partitions('any')).rejects.toMatchObject(unavailable)
      const lane = client.transactional({ transactionalId: 'any', deliveryTimeoutMs: 2_000 })
      await expect(lane.init()).rejects.toMatchObject({ code: 'SINK_UNAVAILABLE' })
    })
  })
}
