import { asSpillwayError, SpillwayError } from '../../errors.js'
import type { ModelFeed } from './feed.js'
import type { Follower } from './follower.js'
import type { ModelOperator } from './view.js'

/** A step that follows a registry. */
export interface Followed {
  readonly follower: Follower
  readonly feed: ModelFeed
}

/** What an operator may do with models, by step. @param followed Asked at each action. */
export function modelOperator(followed: () => readonly Followed[]): ModelOperator {
  const of = (step: string): Followed => {
    const found = followed().find(({ follower }) => follower.step === step)
    if (found === undefined) throw refused(`no step ${step} follows a registry`, 'Name a step that does.')
    return found
  }
  return {
    get steps() {
      return followed().map(({ follower }) => follower.step)
    },

    async promote(step, dryRun, version) {
      const { follower } = of(step)
      const { trial } = follower
      if (trial === null) throw refused(`step ${step}: nothing is on trial`, 'Publish a newer version first.')
      if (version !== undefined && version !== trial.version)
        throw refused(`step ${step}: v${trial.version} is on trial, not v${version}`, 'Look again.')
      const what = `step ${step}: v${trial.version}, a ${trial.mode}, `
      if (dryRun) return `${what}would go live in place of v${trial.live}`
      await follower.promote()
      return `${what}is live in place of v${trial.live}`
    },

    async rollBack(step, publish, dryRun, version) {
      const { follower, feed } = of(step)
      const { live, before } = follower
      if (version !== undefined && version !== live)
        throw refused(`step ${step}: v${live} is live, not v${version}`, 'Look again.')
      if (before === null)
        throw refused(`step ${step}: no version was live before v${live}`, 'Use `spillway models rollback`.')
      if (publish) feed.checkPublishes(before)
      const everywhere = publish ? `, and v${before} would be published anew for every process` : ''
      if (dryRun) return `step ${step}: v${live} would be taken back for v${before} here${everywhere}`
      follower.rollBack()
      const here = `step ${step}: v${live} is taken back for v${before} here`
      if (!publish) return here
      const published = await feed
        .rollBack(before, `rollback to v${before} by an operator`)
        .catch((cause: unknown) => {
          const { message, remedy } = asSpillwayError(cause, 'REGISTRY_UNAVAILABLE')
          throw refused(`${here}, but it is not published: ${message}`, remedy)
        })
      return `${here}, and v${before} is published as v${published.version} for every process`
    },
  }
}

const refused = (message: string, remedy: string): SpillwayError =>
  new SpillwayError('ACTION_REFUSED', message, { remedy })
