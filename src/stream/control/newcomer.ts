import type { Bundle } from '../../models/manifest.js'
import type { Entry } from '../../models/registry.js'
import { tryModel } from '../../models/trial.js'
import { limitOf, trialOf } from '../check/models.js'
import type { PipelineConfig, RegistryStepConfig } from '../config/schema.js'
import { modelShape } from '../steps.js'
import type { ModelFeed } from './feed.js'

/** Trials give way to scoring (see `nice`). */
const TRIAL_NICENESS = 10

/**
 * A version of a registry that has proved itself: digests, signature, a feature builder that is known here, and its probe
 * in a process of its own.
 * @throws SpillwayError why not
 */
export async function provedNewcomer(
  entry: Entry,
  feed: ModelFeed,
  step: RegistryStepConfig,
  config: PipelineConfig,
): Promise<Bundle> {
  const bundle = await feed.take(entry)
  modelShape(bundle.manifest)
  const request = trialOf(step, config, bundle, { ownProvider: true, probe: true })
  await tryModel(request, limitOf(step), TRIAL_NICENESS)
  return bundle
}
