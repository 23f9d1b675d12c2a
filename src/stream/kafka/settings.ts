import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { SpillwayError } from '../../errors.js'
import type { KafkaConfig as PipelineKafka } from '../config/schema.js'
import type { KafkaConfig } from './port.js'

/**
 * The connection settings of a pipeline's `kafka:` section, PEM files read.
 * @throws SpillwayError CONFIG_INVALID naming a PEM file that cannot be read.
 */
export function kafkaSettings(config: PipelineKafka, folder: string): KafkaConfig {
  const pem = (path: string | undefined): string | undefined => {
    if (path === undefined) return undefined
    try {
      return readFileSync(resolve(folder, path), 'utf8')
    } catch (cause) {
      throw new SpillwayError('CONFIG_INVALID', `kafka.ssl: cannot read ${path}`, { place: path, cause })
    }
  }
  const { ssl, sasl } = config
  return {
    brokers: config.brokers,
    clientId: config.client_id,
    client: config.client,
    connectionTimeoutMs: config.connect_timeout_ms,
    requestTimeoutMs: config.request_timeout_ms,
    ...(ssl && {
      ssl: {
        ca: pem(ssl.ca),
        cert: pem(ssl.cert),
        key: pem(ssl.key),
        rejectUnauthorized: ssl.reject_unauthorized,
      },
    }),
    ...(sasl && { sasl }),
  }
}
