import type { KafkaClient, KafkaConfig, KafkaLog } from './port.js'

/**
 * The client that the configuration names. Nothing is connected before it is used.
 * DEPENDENCY_MISSING when its package is not installed.
 */
export async function openKafka(config: KafkaConfig, log: KafkaLog = () => undefined): Promise<KafkaClient> {
  if (config.client === 'confluent') {
    const { confluentClient } = await import('./confluent.js')
    return confluentClient(config, log)
  }
  const { kafkajsClient } = await import('./kafkajs.js')
  return kafkajsClient(config, log)
}
