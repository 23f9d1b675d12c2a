import type { Bundle } from '../../models/manifest.js'
import type { RegistryStepConfig } from '../config/schema.js'
import type { LiveModel } from '../work.js'
import type { Judge } from './judge.js'
import type { TrialView } from './view.js'

/** A model of a step that the workers have. */
export interface Model {
  readonly key: string
  readonly bundle: Bundle
  /** As the workers told when it went live. */
  readonly told: readonly LiveModel[]
}

export interface OnTrial extends Model {
  readonly judge: Judge
}

/** For people to look at. @param live Version of the live model. */
export function trialView(step: RegistryStepConfig, { bundle, judge }: OnTrial, live: number): TrialView {
  const { mode, share } = step.model.rollout
  const { name, version } = bundle.manifest
  return {
    step: step.name,
    name,
    mode: mode === 'canary' ? 'canary' : 'shadow',
    version,
    live,
    share: mode === 'canary' ? share : 1,
    ...judge.progress,
  }
}
