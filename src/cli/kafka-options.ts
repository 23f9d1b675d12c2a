import { Option } from 'commander'
import { SpillwayError } from '../errors.js'
import { loadPipeline } from '../stream/config/load.js'
import { Kafka } from '../stream/config/schema.js'
import { kafkaSettings } from '../stream/kafka/settings.js'
import type { KafkaConfig } from '../stream/kafka/port.js'

export const brokersOption = (): Option => new Option('--brokers <host:port,...>', 'addresses of brokers')

export const configOption = (): Option =>
  new Option('--config <pipeline.yaml>', 'take the kafka section (TLS, SASL) of this pipeline')

/** Connection settings from `--config`, `--brokers`, or both (the brokers given win). @throws SpillwayError CONFIG_INVALID */
export function kafkaFrom(options: {
  readonly brokers?: string
  readonly config?: string
  readonly set: readonly string[]
}): KafkaConfig {
  const brokers = options.brokers?.split(',').map((one) => one.trim())
  if (options.config !== undefined) {
    const { config, folder, place } = loadPipeline(options.config, options.set)
    if (config.kafka === undefined) {
      throw new SpillwayError('CONFIG_INVALID', 'the pipeline has no kafka section', { place: place([]) })
    }
    return kafkaSettings({ ...config.kafka, ...(brokers && { brokers }) }, folder)
  }
  if (brokers === undefined) {
    throw new SpillwayError('CONFIG_INVALID', 'no broker is named', {
      remedy: 'Give --brokers host:port, or --config with a pipeline that has a kafka section.',
    })
  }
  return kafkaSettings(Kafka.parse({ brokers }), process.cwd())
}
