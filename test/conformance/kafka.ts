import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openKafka } from '#spillway/stream/kafka/index.js'
import type { KafkaClient, KafkaClientName, KafkaConfig } from '#spillway/stream/kafka/port.js'
import { type KafkaServer, startKafka } from '../../scripts/servers/kafka.mjs'
import { freePorts } from '../../scripts/servers/process.mjs'
import { endTxnProxy, kafkaConfig } from '../support/kafka.js'
import { consumerTests } from './kafka-consumer.js'
import { faultTests } from './kafka-faults.js'
import { groupTests } from './kafka-groups.js'
import { laneTests } from './kafka-lanes.js'
import { producerTests } from './kafka-producer.js'
import { sharedTests } from './kafka-shared.js'

/** What the tests of one client share. */
export interface Bench {
  readonly broker: KafkaServer & { readonly secureBootstrap: string; readonly ca: string }
  readonly client: KafkaClient
  /** Speaks to the broker through a proxy that can lose the end of a transaction. */
  readonly throughProxy: KafkaClient
  readonly proxy: Awaited<ReturnType<typeof endTxnProxy>>
  /** Another client to the same broker: another process, as far as Kafka knows. */
  open(more?: Partial<KafkaConfig>): Promise<KafkaClient>
  /** A new topic. */
  topic(partitions?: number, config?: Readonly<Record<string, string>>): Promise<string>
}

/** The suite that every client of src/stream/kafka passes on a real broker. */
export function kafkaConformance(name: KafkaClientName): void {
  describe(`Kafka client ${name}`, { timeout: 90_000 }, () => {
    let bench: Bench
    const opened: KafkaClient[] = []

    beforeAll(async () => {
      const [port, controllerPort, securePort, behindProxy, proxyPort] = await freePorts(5)
      const all = [
        ['PLAINTEXT', port, port],
        ['SASL_SSL', securePort, securePort],
        ['PROXIED', behindProxy, proxyPort],
      ] as const
      const on = (index: 1 | 2) => all.map((item) => `${item[0]}://127.0.0.1:${item[index]}`).join(',')
      const broker = await startKafka({
        port,
        secure: true,
        properties: {
          'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
          listeners: `${on(1)},CONTROLLER://127.0.0.1:${controllerPort}`,
          'advertised.listeners': on(2),
          'listener.security.protocol.map':
            'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL,PROXIED:PLAINTEXT',
        },
      })
      const proxy = await endTxnProxy(proxyPort, behindProxy)
      const open: Bench['open'] = async (more = {}) => {
        const client = await openKafka(
          kafkaConfig([broker.bootstrap], { client: name, requestTimeoutMs: 10_000, ...more }),
        )
        opened.push(client)
        return client
      }
      const client = await open()
      let topics = 0
      bench = {
        broker: { ...broker, secureBootstrap: `127.0.0.1:${securePort}`, ca: broker.ca! },
        client,
        proxy,
        throughProxy: await open({ brokers: [`127.0.0.1:${proxyPort}`] }),
        open,
        async topic(partitions = 1, config = {}) {
          const topic = `${name}-${topics++}`
          await client.admin().create(topic, { partitions, config })
          return topic
        },
      }
    }, 120_000)

    afterAll(async () => {
      await Promise.all(opened.map((client) => client.close()))
      await bench?.proxy.close()
      await bench?.broker.stop()
    }, 60_000)

    producerTests(() => bench)
    consumerTests(() => bench)
    laneTests(() => bench)
    sharedTests(() => bench)
    groupTests(() => bench)
    faultTests(() => bench)
    test('knows its cluster', async () => {
      const { brokers } = await bench.client.admin().cluster()
      expect(brokers).toEqual([{ id: 1, host: '127.0.0.1', port: bench.broker.port }])
    })
  })
}
