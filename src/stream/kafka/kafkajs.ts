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
import { StillOpen } from './still-open.js'

/** A `KafkaClient` on kafkajs: JavaScript only, nothing to build. Connects when something of it is used. */
export function kafkajsClient(config: KafkaConfig, log: KafkaLog): KafkaClient {
  const connect = connector(config, log)
  const admin = kafkajsAdmin(connect, async () => null)
  const consumers: GroupConsumer[] = []
  const producers = new StillOpen<LaneProducer | BatchProducer>()
  return {
    consumer: (options) => {
      const consumer = kafkajsConsumer(connect, config.brokers, options)
      consumers.push(consumer)
      return consumer
    },
    transactional: (options) => producers.keep(kafkajsLane(connect, options)),
    producer: (options) => producers.keep(kafkajsProducer(connect, options)),
    admin: () => admin,
    async close() {
      await Promise.all(consumers.map((consumer) => consumer.stop()))
      await producers.close()
      await admin.close()
    },
  }
}
