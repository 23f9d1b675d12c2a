import { commonConfig, connectClient, loadBinding, promised, type RdConsumer } from './confluent-binding.js'
import { confluentConsumer } from './confluent-consumer.js'
import { confluentLane, confluentProducer } from './confluent-producers.js'
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

/**
 * A `KafkaClient` on librdkafka (@confluentinc/kafka-javascript, optional): a tenth of kafkajs's CPU for
 * producing. It uses the package's callback API, not its KafkaJS-like one: that one drops the metadata of
 * offsets in transactions, commits nothing of `revoked`, and cannot assign partitions at chosen offsets.
 * Questions about the cluster, which are rare, go through kafkajs.
 * DEPENDENCY_MISSING when the package is not installed.
 */
export async function confluentClient(config: KafkaConfig, log: KafkaLog): Promise<KafkaClient> {
  const binding = await loadBinding()
  const maker = { binding, config, log }
  const admin = kafkajsAdmin(connector(config, log), async () => null)
  const consumers: GroupConsumer[] = []
  const producers: (LaneProducer | BatchProducer)[] = []
  const memberships = new Map<string, Promise<RdConsumer>>()
  const keep = <All, One extends All>(list: All[], item: One): One => {
    list.push(item)
    return item
  }
  // librdkafka wants a consumer with the offsets of a transaction. This one never joins, so the broker checks
  // no generation: the lane's transactional id is the guard, as with kafkajs.
  const membership = (group: string): Promise<RdConsumer> => {
    const known = memberships.get(group)
    if (known !== undefined) return known
    const consumer = new binding.KafkaConsumer({ ...commonConfig(config), 'group.id': group }, {})
    const made = connectClient(consumer, config.connectionTimeoutMs, log).then(() => consumer)
    memberships.set(group, made)
    made.catch(() => memberships.delete(group))
    return made
  }
  return {
    consumer: (options) => keep(consumers, confluentConsumer(binding, config, log, options)),
    transactional: (options) => keep(producers, confluentLane(maker, options, membership)),
    producer: (options) => keep(producers, confluentProducer(maker, options)),
    admin: () => admin,
    async close() {
      await Promise.all(consumers.map((consumer) => consumer.stop()))
      await Promise.all(producers.map((producer) => producer.close()))
      const idle = await Promise.allSettled(memberships.values())
      const leave = (consumer: RdConsumer) => promised((done) => consumer.disconnect(done))
      await Promise.allSettled(
        idle.map((item) => (item.status === 'fulfilled' ? leave(item.value) : undefined)),
      )
      await admin.close()
    },
  }
}
