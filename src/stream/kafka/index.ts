import type { KafkaClient, KafkaConfig, KafkaLog } from './port.js'

/** The client that the configuration names. DEPENDENCY_MISSING when its package is not installed. */
export async function openKafka(config: KafkaConfig, log: KafkaLog = () => undefined): Promise<KafkaClient> {
  const { kafkajsClient } = await import('./kafkajs.js')
  return kafkajsClient(config, log)
}
