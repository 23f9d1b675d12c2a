import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import { kafkaError, protocolName } from './errors-of.js'
import { type Connect, retryFor } from './kafkajs-connect.js'
import { whileBusy } from './patience.js'
import type { KafkaAdmin } from './port.js'

/** See `KafkaAdmin`. */
export function kafkajsAdmin(
  connect: Connect,
  version: () => Promise<string | null>,
): KafkaAdmin & { close(): Promise<void> } {
  let admin: Promise<Admin> | undefined

  const connected = (): Promise<Admin> => {
    const open = async () => {
      const made = connect(retryFor(10_000, 50, 1_000)).admin()
      await made.connect()
      return made
    }
    admin ??= open().catch((error) => {
      admin = undefined
      throw error
    })
    return admin
  }

  const ask = async <T>(
    doing: string,
    place: string | undefined,
    question: (admin: Admin) => Promise<T>,
  ): Promise<T> => {
    try {
      return await question(await connected())
    } catch (error) {
      throw kafkaError(error, 'SOURCE_UNAVAILABLE', doing, place)
    }
  }

  const partitions = (topic: string) =>
    ask('Cannot ask for a topic', topic, async (client) => {
      try {
        const { topics } = await client.fetchTopicMetadata({ topics: [topic] })
        return topics[0]?.partitions.length ?? null
      } catch (error) {
        if (protocolName(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return null
        throw error
      }
    })

  return {
    committed: (group, topic, partition) =>
      ask('Cannot read the committed offset', `group ${group}, ${topic}/${partition}`, async (client) => {
        const answer = await whileBusy(COORDINATOR, () =>
          client.fetchOffsets({ groupId: group, topics: [topic] }),
        )
        const found = answer[0]?.partitions.find((item) => item.partition === partition)
        if (found === undefined || found.offset === '-1') return null
        // The librdkafka binding writes the C string's end too.
        const metadata = (found.metadata ?? '').replace(/\0$/, '')
        return { offset: BigInt(found.offset), metadata }
      }),
    partitions,
    create: async (topic, { partitions: numPartitions, replicationFactor = -1, config = {} }) => {
      const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
      return ask('Cannot create a topic', topic, async (client) => {
        const topics = [{ topic, numPartitions, replicationFactor, configEntries }]
        // The client's own wait fails where the new topic is not yet known to the broker that it asks.
        const created = await client.createTopics({ topics, waitForLeaders: false })
        await until(LEADERS_MS, () => hasLeaders(client, topic))
        return created
      })
    },
    grow: (topic, count) =>
      ask('Cannot add partitions', topic, async (client) => {
        await client.createPartitions({ topicPartitions: [{ topic, count }] })
      }),
    offsets: (topic) =>
      ask('Cannot read offsets', topic, async (client) => {
        const found = await client.fetchTopicOffsets(topic)
        const toOffsets = ({ partition, low, high }: (typeof found)[number]) => ({
          partition,
          begin: BigInt(low),
          end: BigInt(high),
        })
        return found.map(toOffsets).sort((a, b) => a.partition - b.partition)
      }),
    cluster: () =>
      ask('Cannot reach the brokers', undefined, async (client) => {
        const { brokers } = await client.describeCluster()
        const list = brokers.map(({ nodeId, host, port }) => ({ id: nodeId, host, port }))
        return { brokers: list, version: await version() }
      }),
    async close() {
      const open = await admin?.catch(() => undefined)
      admin = undefined
      await open?.disconnect().catch(() => undefined)
    },
  }
}

/** A broker that has just started does not yet know what it coordinates; kafkajs asks once. */
const COORDINATOR = { limitMs: 5_000, firstMs: 50 }

/** How long the leaders of a new topic may take. */
const LEADERS_MS = 15_000

async function hasLeaders(client: Admin, topic: string): Promise<boolean> {
  try {
    const { topics } = await client.fetchTopicMetadata({ topics: [topic] })
    return topics[0].partitions.every(({ leader }) => leader >= 0)
  } catch {
    return false
  }
}

/** Asks until the answer is yes or time is up. */
async function until(ms: number, ask: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + ms
  while (!(await ask()) && performance.now() < deadline) await sleep(50)
}
