import { SpillwayError } from '../../errors.js'
import type { Asked } from '../group/desk.js'
import type { Group } from '../group/group.js'
import { type Answer, type GroupAction, isGroupAction } from '../group/orders.js'
import type { ActionRequest, LiveAction } from './actions.js'

/** Actions that name the version that they are about, where every process is asked. */
const OF_MODELS: readonly GroupAction[] = ['promote', 'rollback']
/** A process that said nothing for so long is not waited for [s]. */
const SILENT = 5

/**
 * An action that, where the request says so, is done here and then asked of every other process of the group.
 * @param group `null` where the pipeline does not allow it.
 */
export function everywhere(action: LiveAction, group: () => Group | null): LiveAction {
  return {
    name: action.name,
    async run(request) {
      if (!request.group) return action.run(request)
      const asked = askedOf(action.name, request)
      const reached = group()
      if (reached === null)
        throw refused('this pipeline takes no actions for the group', 'Set http.group_actions.')
      const { connected, processes } = reached.view
      if (!connected)
        throw refused('NATS does not answer, so no other process is reached', 'Do it here alone.')
      const others = processes.filter(({ self, silent }) => !self && silent < SILENT)
      const here = await action.run(request)
      const answers = await reached.ask(
        asked,
        others.map(({ process }) => process),
      )
      return told(here, answers, others)
    },
  }
}

function askedOf(action: string, { step, version, dry_run }: ActionRequest): Asked {
  if (!isGroupAction(action)) throw refused(`${action} is done by one process`, 'Leave out group.')
  if (OF_MODELS.includes(action) && version === undefined)
    throw refused(
      'the request names no version',
      'Give `version`: what is promoted, or taken back, in every process.',
    )
  return { action, step, version, dry_run }
}

/** One line: what was done here and what each of the others says. */
function told(
  here: string,
  answers: readonly Answer[],
  others: readonly { readonly process: string; readonly host: string; readonly pid: number }[],
): string {
  const silent = others.filter(({ process }) => answers.every((answer) => answer.process !== process))
  const done = 1 + answers.filter(({ ok }) => ok).length
  return [
    `${done} of ${1 + answers.length + silent.length} processes. Here: ${here}`,
    ...answers.map(({ host, pid, ok, text }) => `${host} ${pid}: ${ok ? '' : 'NO, '}${text}`),
    ...silent.map(({ host, pid }) => `${host} ${pid}: NO ANSWER`),
  ].join('. ')
}

const refused = (message: string, remedy: string): SpillwayError =>
  new SpillwayError('ACTION_REFUSED', message, { remedy })
