import { commonConfig, loadBinding, type RdConsumer } from './confluent-binding.js'
import { confluentConsumer, consumerHandle } from './confluent-consumer.js'
import type { Handle } from './confluent-handle.js'
import { confluentLane, confluentProducer, type Maker } from './confluent-producers.js'
import { within } from './errors-of.js'
import { kafkajsAdmin } from './kafkajs-admin.js'
import { connector } from './kafkajs-connect.js'
import type {
  BatchProducer,
  GroupConsumer,
  KafkaClient,
  KafkaConfig,
  KafkaLog,
  LaneProducer,
} from './port.js'
import { StillOpen } from './still-open.js'

/** How long the end waits for calls that hang on a broker which does not answer. */
const farewellMs = 10_000

/**
 * A `KafkaClient` on librdkafka (@confluentinc/kafka-javascript, optional): a tenth of kafkajs's CPU for
 * producing. It uses the package's callback API, not its KafkaJS-like one: that one drops the metadata of
 * offsets in transactions, commits nothing of `revoked`, and cannot assign partitions at chosen offsets.
 * Questions about the cluster, which are rare, go through kafkajs.
 * DEPENDENCY_MISSING when the package is not installed.
 */
export async function confluentClient(config: KafkaConfig, log: KafkaLog): Promise<KafkaClient> {
  const binding = await loadBinding()
  const maker: Maker = { binding, config, log, closing: new Set() }
  const admin = kafkajsAdmin(connector(config, log), async () => null)
  const consumers: GroupConsumer[] = []
  const producers = new StillOpen<LaneProducer | BatchProducer>()
  const memberships = new Map<string, Promise<Handle<RdConsumer>>>()
  // librdkafka wants a consumer with the offsets of a transaction. This one never joins, so the broker checks
  // no generation: the lane's transactional id is the guard, as with kafkajs.
  const membership = (group: string): Promise<Handle<RdConsumer>> => {
    const known = memberships.get(group)
    if (known !== undefined) return known
    const consumer = new binding.KafkaConsumer({ ...commonConfig(config), 'group.id': group }, {})
    const handle = consumerHandle(consumer)
    const made = handle.connect(config, log).then(() => handle)
    memberships.set(group, made)
    made.catch(() => memberships.delete(group))
    return made
  }
  return {
    consumer: (options) => {
      const consumer = confluentConsumer(binding, config, log, options)
      consumers.push(consumer)
      return consumer
    },
    transactional: (options) => producers.keep(confluentLane(maker, options, membership)),
    producer: (options) => producers.keep(confluentProducer(maker, options)),
    admin: () => admin,
    async close() {
      await Promise.all(consumers.map((consumer) => consumer.stop()))
      await producers.close()
      const idle = await Promise.allSettled(memberships.values())
      const ends = idle.map((item) => (item.status === 'fulfilled' ? item.value.end() : undefined))
      await within(farewellMs, Promise.all([...maker.closing, ...ends]), () => undefined).catch(
        () => undefined,
      )
      await admin.close()
    },
  }
}
