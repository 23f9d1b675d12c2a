import { z } from 'zod'
import { SpillwayError } from '../../errors.js'
import type { LoadedPipeline } from '../config/load.js'
import type { ModelOperator } from '../control/view.js'
import type { KafkaClient } from '../kafka/port.js'
import { replayAction } from './replay.js'

/** Something an operator may do from the live page. */
export interface LiveAction {
  readonly name: string
  /** @returns one sentence: what was done. @throws SpillwayError that says why not */
  run(request: ActionRequest): Promise<string>
}

export const ActionRequest = z.strictObject({
  /** replay: only dead letters with this code. */
  code: z.string().max(64).optional(),
  /** promote, rollback: of which step. */
  step: z.string().max(64).optional(),
  /** rollback: publish it for every process. */
  publish: z.boolean().default(false),
  /** promote, rollback: the version that is promoted, or taken back; nothing is done where it is another. */
  version: z.int().nonnegative().optional(),
  /** pause, resume, promote, rollback: in every process of the group. */
  group: z.boolean().default(false),
  /** Says what would be done. */
  dry_run: z.boolean().default(false),
})
export type ActionRequest = z.infer<typeof ActionRequest>

export interface Pausable {
  readonly paused: boolean
  pause(): void
  resume(): void
}

/** The plain list of actions; each does something only where the request is no dry run. */
export function liveActions(
  pipeline: LoadedPipeline,
  client: KafkaClient | null,
  engine: Pausable,
  models: ModelOperator,
): readonly LiveAction[] {
  const { source } = pipeline.config
  return [
    ...pausing(engine),
    ...(models.steps.length > 0 ? ofModels(models) : []),
    ...('topic' in source && client !== null ? [replayAction(pipeline, client, source.topic)] : []),
  ]
}

const pausing = (engine: Pausable): readonly LiveAction[] => [
  {
    name: 'pause',
    async run({ dry_run }) {
      if (!dry_run) engine.pause()
      return 'paused: what was taken is committed, and nothing more is taken'
    },
  },
  {
    name: 'resume',
    async run({ dry_run }) {
      if (!dry_run) engine.resume()
      return 'resumed'
    },
  },
]

const ofModels = (models: ModelOperator): readonly LiveAction[] => [
  {
    name: 'promote',
    run: async ({ step, version, dry_run }) => models.promote(named(step), dry_run, version),
  },
  {
    name: 'rollback',
    run: async ({ step, version, publish, dry_run }) =>
      models.rollBack(named(step), publish, dry_run, version),
  },
]

function named(step: string | undefined): string {
  if (step !== undefined) return step
  throw new SpillwayError('ACTION_REFUSED', 'the request names no step', { remedy: 'Give `step`.' })
}
