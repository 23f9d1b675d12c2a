import { kafkajsAdmin } from './kafkajs-admin.js'
import { connector } from './kafkajs-connect.js'
import { kafkajsConsumer } from './kafkajs-consumer.js'
import { kafkajsLane, kafkajsProducer } from './kafkajs-producers.js'
import type {
  BatchProducer,
  GroupConsumer,
  KafkaClient,
  KafkaConfig,
  KafkaLog,
  LaneProducer,
} from './port.js'

/** A `KafkaClient` on kafkajs: JavaScript only, nothing to build. Connects when something of it is used. */
export function kafkajsClient(config: KafkaConfig, log: KafkaLog): KafkaClient {
  const connect = connector(config, log)
  const admin = kafkajsAdmin(connect, async () => null)
  const consumers: GroupConsumer[] = []
  const producers: (LaneProducer | BatchProducer)[] = []
  const keep = <All, One extends All>(list: All[], item: One): One => {
    list.push(item)
    return item
  }
  return {
    consumer: (options) => keep(consumers, kafkajsConsumer(connect, config.brokers, options)),
    transactional: (options) => keep(producers, kafkajsLane(connect, options)),
    producer: (options) => keep(producers, kafkajsProducer(connect, options)),
    admin: () => admin,
    async close() {
      await Promise.all(consumers.map((consumer) => consumer.stop()))
      await Promise.all(producers.map((producer) => producer.close()))
      await admin.close()
    },
  }
}
