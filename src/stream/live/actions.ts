import { z } from 'zod'
import { SpillwayError } from '../../errors.js'
import type { LoadedPipeline } from '../config/load.js'
import { letterInfo, replayToTopic, visitLetters } from '../dlq.js'
import type { KafkaClient } from '../kafka/port.js'
import type { DeadLetter } from '../sinks/records.js'

/** Something an operator may do from the live page. */
export interface LiveAction {
  readonly name: string
  /** @returns one sentence: what was done. @throws SpillwayError that says why not */
  run(request: ActionRequest): Promise<string>
}

export const ActionRequest = z.strictObject({
  /** Only dead letters with this code. */
  code: z.string().max(64).optional(),
  /** Says what would be done. */
  dry_run: z.boolean().default(false),
})
export type ActionRequest = z.infer<typeof ActionRequest>

export interface Pausable {
  readonly paused: boolean
  pause(): void
  resume(): void
}

/** Letters that are replayed at once; for more, the command line. */
const MOST_LETTERS = 10_000
const MOST_BYTES = 64 << 20

/** The plain list of actions. */
export function liveActions(
  pipeline: LoadedPipeline,
  client: KafkaClient | null,
  engine: Pausable,
): readonly LiveAction[] {
  let replaying = false
  const pausing: readonly LiveAction[] = [
    {
      name: 'pause',
      async run() {
        engine.pause()
        return 'paused: what was taken is committed, and nothing more is taken'
      },
    },
    {
      name: 'resume',
      async run() {
        engine.resume()
        return 'resumed'
      },
    },
  ]
  const { source } = pipeline.config
  if (!('topic' in source) || client === null) return pausing
  const replay: LiveAction = {
    name: 'replay',
    async run({ code, dry_run }) {
      if (replaying) throw refused('a replay is under way', 'Wait until it is done.')
      replaying = true
      try {
        const letters = await collect(pipeline, client, code)
        const what = `${letters.length} dead letters${code === undefined ? '' : ` with ${code}`}`
        if (dry_run) return `${what} would go to topic ${source.topic}`
        if (letters.length > 0) await replayToTopic(client, letters, source.topic)
        return `${what} went to topic ${source.topic}`
      } finally {
        replaying = false
      }
    },
  }
  return [...pausing, replay]
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
