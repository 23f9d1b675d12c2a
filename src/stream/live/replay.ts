import { SpillwayError } from '../../errors.js'
import type { LoadedPipeline } from '../config/load.js'
import { letterInfo, replayToTopic, visitLetters } from '../dlq.js'
import type { KafkaClient } from '../kafka/port.js'
import type { DeadLetter } from '../sinks/records.js'
import type { LiveAction } from './actions.js'

/** Letters that are replayed at once; for more, the command line. */
const MOST_LETTERS = 10_000
const MOST_BYTES = 64 << 20

/** Sends dead letters back to the topic that they came from. */
export function replayAction(pipeline: LoadedPipeline, client: KafkaClient, topic: string): LiveAction {
  let replaying = false
  return {
    name: 'replay',
    async run({ code, dry_run }) {
      if (replaying) throw refused('a replay is under way', 'Wait until it is done.')
      replaying = true
      try {
        const letters = await collect(pipeline, client, code)
        const what = `${letters.length} dead letters${code === undefined ? '' : ` with ${code}`}`
        if (dry_run) return `${what} would go to topic ${topic}`
        if (letters.length > 0) await replayToTopic(client, letters, topic)
        return `${what} went to topic ${topic}`
      } finally {
        replaying = false
      }
    },
  }
}

async function collect(
  pipeline: LoadedPipeline,
  client: KafkaClient,
  code: string | undefined,
): Promise<readonly DeadLetter[]> {
  const letters: DeadLetter[] = []
  let bytes = 0
  await visitLetters(pipeline, client, (letter) => {
    if (code !== undefined && letterInfo(letter).code !== code) return
    bytes += letter.value?.length ?? 0
    if (letters.length >= MOST_LETTERS || bytes > MOST_BYTES)
      throw refused('there are more dead letters than a page should replay', 'Use `spillway dlq replay`.')
    letters.push(letter)
  })
  return letters
}

const refused = (message: string, remedy: string): SpillwayError =>
  new SpillwayError('ACTION_REFUSED', message, { remedy })
