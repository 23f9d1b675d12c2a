import type { NatsConnection } from 'nats'
import { asSpillwayError } from '../errors.js'
import { connectNats } from '../models/nats.js'
import type { PipelineConfig } from './config/schema.js'
import type { Done, LaneId } from './sink.js'

/** Publishes decisions as they are committed. */
export interface DecisionPublisher {
  /** Called after a commit; does not wait for the network. */
  committed(id: LaneId, done: readonly Done[]): void
  close(): Promise<void>
}

/**
 * Decisions on `spillway.<pipeline>.decisions`, one JSON message per committed message: where it came from, events,
 * accepted, counts per chain, and the accepted events with the chains that took them. They are news, not records: what
 * is committed to the topics is the truth, and a lost connection only delays them (the client reconnects and buffers).
 * @throws SpillwayError SINK_UNAVAILABLE when no server answers at the start.
 */
export async function natsDecisions(
  pipeline: string,
  nats: NonNullable<PipelineConfig['nats']>,
): Promise<DecisionPublisher> {
  const subject = `spillway.${pipeline}.decisions`
  let connection: NatsConnection
  try {
    connection = await connectNats(nats, `spillway-${pipeline}`)
  } catch (cause) {
    throw asSpillwayError(cause, 'SINK_UNAVAILABLE', { place: nats.servers.join(', ') })
  }
  const text = new TextEncoder()
  return {
    committed(_id, done) {
      if (connection.isClosed()) return
      for (const { message, outcome } of done) {
        const { rows, acceptedRows, chains, decisions } = outcome
        const { topic, partition, offset } = message
        const news = {
          pipeline,
          topic,
          partition,
          offset: String(offset),
          events: rows,
          accepted: acceptedRows,
          chains,
          decisions,
        }
        connection.publish(subject, text.encode(JSON.stringify(news)))
      }
    },
    close: () => connection.drain(),
  }
}
