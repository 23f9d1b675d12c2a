import { SpillwayError } from '../errors.js'
import type { LoadedPipeline } from './config/load.js'
import { needsKafka } from './config/rules.js'
import { openKafka } from './kafka/index.js'
import { kafkaSettings } from './kafka/settings.js'

/**
 * Creates the output topics of a pipeline that are not there, with as many partitions as the source topic (one for
 * files), and gives the names of those it made. The source topic itself must exist: an empty one would hide a typo.
 * @throws SpillwayError SOURCE_UNAVAILABLE, CONFIG_INVALID
 */
export async function createTopics({ config, folder, place }: LoadedPipeline): Promise<readonly string[]> {
  if (!needsKafka(config)) return []
  if (config.kafka === undefined) {
    throw new SpillwayError('CONFIG_INVALID', 'a topic is named but there is no kafka section', {
      place: place(['source']),
    })
  }
  const client = await openKafka(kafkaSettings(config.kafka, folder))
  try {
    const admin = client.admin()
    const { source, sink } = config
    const partitions = 'topic' in source ? await admin.partitions(source.topic) : 1
    if (partitions === null) {
      const name = 'topic' in source ? source.topic : ''
      throw new SpillwayError('SOURCE_UNAVAILABLE', `topic ${name} does not exist`, {
        place: place(['source', 'topic']),
        remedy: 'Create the source topic, or correct source.topic.',
      })
    }
    const made: string[] = []
    for (const output of [sink.scores, sink.accepted, sink.dead_letters]) {
      if (output === undefined || !('topic' in output)) continue
      if ((await admin.partitions(output.topic)) !== null) continue
      if (await admin.create(output.topic, { partitions })) made.push(output.topic)
    }
    return made
  } finally {
    await client.close()
  }
}
