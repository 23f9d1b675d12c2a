import { z } from 'zod'
import { SpillwayError } from '../../errors.js'
import type { KafkaConfig } from './port.js'

const pem = z.string().min(1)

/** The `kafka:` section of a pipeline: names as written in YAML. PEM values are text, not paths. */
export const kafkaSchema = z
  .strictObject({
    brokers: z.array(z.string().regex(/^[^\s,:]+:\d+$|^\[[^\]]+\]:\d+$/, 'must be host:port')).min(1),
    client_id: z.string().min(1).default('spillway'),
    client: z.enum(['kafkajs', 'confluent']).default('kafkajs'),
    ssl: z
      .strictObject({
        ca: pem.optional(),
        cert: pem.optional(),
        key: pem.optional(),
        reject_unauthorized: z.boolean().default(true),
      })
      .refine((ssl) => (ssl.cert === undefined) === (ssl.key === undefined), 'cert and key go together')
      .optional(),
    sasl: z
      .strictObject({
        mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']),
        username: z.string().min(1),
        password: z.string().min(1),
      })
      .optional(),
    connection_timeout_ms: z.number().int().positive().default(5_000),
    request_timeout_ms: z.number().int().positive().default(30_000),
  })
  .transform(
    (raw): KafkaConfig => ({
      brokers: raw.brokers,
      clientId: raw.client_id,
      client: raw.client,
      ...(raw.ssl && {
        ssl: {
          ca: raw.ssl.ca,
          cert: raw.ssl.cert,
          key: raw.ssl.key,
          rejectUnauthorized: raw.ssl.reject_unauthorized,
        },
      }),
      ...(raw.sasl && { sasl: raw.sasl }),
      connectionTimeoutMs: raw.connection_timeout_ms,
      requestTimeoutMs: raw.request_timeout_ms,
    }),
  )

/** Parses a `kafka:` section strictly. CONFIG_INVALID names the first wrong key. */
export function parseKafkaConfig(raw: unknown): KafkaConfig {
  const parsed = kafkaSchema.safeParse(raw)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new SpillwayError('CONFIG_INVALID', issue.message, { place: ['kafka', ...issue.path].join('.') })
}
