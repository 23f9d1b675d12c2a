import type { Attributes } from '@opentelemetry/api'
import type { Message } from '../../ingest/message.js'
import type { PipelineConfig } from '../config/schema.js'
import type { Done } from '../sink.js'
import type { LiveModel, Outcome, StepCost, TaskReply } from '../work.js'

/** Which message: by OpenTelemetry's conventions for messaging where it came from Kafka, else by its file. */
export function identityOf(message: Message, { name, source }: PipelineConfig): Attributes {
  const { topic, partition, offset, value, timestamp } = message
  const own = {
    'spillway.pipeline': name,
    'messaging.message.body.size': value?.length ?? 0,
    // How long it lay in the topic, as far as its producer's clock is right.
    ...(timestamp >= 0 && { 'spillway.message.age': Math.max(0, Date.now() - timestamp) / 1e3 }),
  }
  if ('files' in source) return { ...own, 'file.path': topic, 'spillway.offset': Number(offset) }
  return {
    ...own,
    'messaging.system': 'kafka',
    'messaging.operation.type': 'process',
    'messaging.operation.name': 'process',
    'messaging.destination.name': topic,
    'messaging.destination.partition.id': String(partition),
    'messaging.kafka.offset': Number(offset),
    'messaging.consumer.group.name': source.group ?? name,
  }
}

/** What the messages of one task share. */
export const taskAttributes = ({ id, outcomes }: TaskReply): Attributes => ({
  'spillway.task': id,
  'messaging.batch.message_count': outcomes.length,
  'spillway.task.rows': outcomes.reduce((sum, { rows }) => sum + rows, 0),
})

export function stepAttributes({ step, calls }: StepCost, models: readonly LiveModel[]): Attributes {
  const model = models.find((one) => one.step === step && one.share === undefined)
  return {
    'spillway.step': step,
    'spillway.calls': calls.length,
    ...(model !== undefined && {
      'spillway.model.name': model.name,
      'spillway.model.version': model.version,
      'spillway.provider': model.provider,
    }),
  }
}

/** A message of which nothing could be scored is a failed one; some dead letters of a message are not. */
export function outcomeAttributes({ rows, acceptedRows, rejects }: Outcome): Attributes {
  return {
    'spillway.rows': rows,
    'spillway.accepted_rows': acceptedRows,
    'spillway.dead_letters': rejects.length,
    ...(rows === 0 && rejects.length > 0 && { 'error.type': rejects[0].code }),
  }
}

export const commitAttributes = (done: readonly Done[]): Attributes => ({
  'messaging.batch.message_count': done.length,
})
