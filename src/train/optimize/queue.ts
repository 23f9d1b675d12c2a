import { AckPolicy, type JetStreamClient, type KV, type NatsConnection, nanos, RetentionPolicy } from 'nats'
import { asSpillwayError, SpillwayError } from '../../errors.js'
import { connectNats, type NatsAddress } from '../../models/nats.js'
import type { TrialReply } from './pool-local.js'

/** Where trials wait and results lie. */
export interface QueueAddress extends NatsAddress {
  /** Names the stream, its subjects and the bucket of results. */
  readonly name: string
}

/** A work queue of trials in NATS JetStream, and a bucket of their results by job. */
export interface TrialQueue {
  readonly connection: NatsConnection
  readonly jetstream: JetStreamClient
  readonly results: KV
  readonly stream: string
  readonly durable: string
  readonly subject: (id: string) => string
  readonly place: string
}

/** After so long without a sign of life a trial is given to another worker. */
export const ACK_WAIT_MS = 60_000
/** A trial that so many workers died of is not given out again. */
const DELIVERIES = 4
const DURABLE = 'workers'
/** Results are kept so long, in case an optimization is resumed. */
const KEEP_MS = 14 * 24 * 3_600_000

/** `nats://host:port[,host:port][/name]`. @throws SpillwayError CONFIG_INVALID */
export function parseQueue(at: string, credentials?: string): QueueAddress {
  const [, scheme, hosts, name = 'optimize'] =
    /^(nats|tls):\/\/([^/]+)(?:\/([A-Za-z0-9_-]+))?$/.exec(at) ?? []
  if (hosts === undefined) {
    throw new SpillwayError('CONFIG_INVALID', `${at} is no address of a queue`, {
      place: at,
      remedy: 'Write nats://host:port[,host:port][/name].',
    })
  }
  const servers = hosts.split(',').map((host) => `${scheme}://${host}`)
  return { servers, name, ...(credentials !== undefined && { credentials }) }
}

/**
 * Opens a queue; its stream, consumer and bucket are made when missing.
 * @throws SpillwayError REGISTRY_UNAVAILABLE when no server with JetStream answers.
 */
export async function openQueue({ name, ...address }: QueueAddress): Promise<TrialQueue> {
  const place = `${address.servers.join(',')}/${name}`
  const stream = `SPILLWAY_TRIALS_${name}`
  let connection: NatsConnection | undefined
  try {
    connection = await connectNats(address, 'spillway-optimize')
    const manager = await connection.jetstreamManager()
    const subject = (id: string): string => `spillway.trials.${name}.${id}`
    await manager.streams.add({
      name: stream,
      subjects: [subject('*')],
      retention: RetentionPolicy.Workqueue,
    })
    await manager.consumers.add(stream, {
      durable_name: DURABLE,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ACK_WAIT_MS),
      max_deliver: DELIVERIES,
      max_ack_pending: 10_000,
    })
    const jetstream = connection.jetstream({ timeout: 10_000 })
    const results = await jetstream.views.kv(`spillway-trials-${name}`, { history: 1, ttl: KEEP_MS })
    return { connection, jetstream, results, stream, durable: DURABLE, subject, place }
  } catch (cause) {
    await connection?.close()
    throw asSpillwayError(cause, 'REGISTRY_UNAVAILABLE', { place })
  }
}

export const encodeReply = (reply: TrialReply): Uint8Array => new TextEncoder().encode(JSON.stringify(reply))
export const decodeReply = (bytes: Uint8Array): TrialReply =>
  JSON.parse(new TextDecoder().decode(bytes)) as TrialReply
