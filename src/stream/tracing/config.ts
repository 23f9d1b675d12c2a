import { z } from 'zod'

/** The `tracing` section: where spans go, and which messages are followed. */
export const TracingConfig = z.strictObject({
  endpoint: z
    .url({ protocol: /^https?$/, error: 'must be http://host:port or https://host:port' })
    .optional()
    .describe(
      'OTLP/HTTP collector, http://host:4318 (/v1/traces is added); else OTEL_EXPORTER_OTLP_ENDPOINT, else this machine',
    ),
  sample: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('share of the messages that are followed; else OTEL_TRACES_SAMPLER, else 0.01'),
  parent: z
    .enum(['follow', 'link'])
    .default('follow')
    .describe(
      'a message with a traceparent: follow continues its trace if its producer sampled it; link begins one by sample, linked to it',
    ),
})

export type TracingConfig = z.infer<typeof TracingConfig>
