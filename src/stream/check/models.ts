import { isAbsolute, resolve } from 'node:path'
import type { SpillwayError } from '../../errors.js'
import { type Bundle, readBundle } from '../../models/manifest.js'
import { type TrialReport, type TrialRequest, tryModel } from '../../models/trial.js'
import type { LoadedPipeline } from '../config/load.js'
import { isModelStep, isRegistryStep, type ModelStepConfig, type PipelineConfig } from '../config/schema.js'
import { firstModel } from '../control/first.js'
import { type ModelShape, modelShape } from '../steps.js'
import { at } from './report.js'

/** What is known of a model step's model. */
export interface CheckedModel {
  /** `null` when its manifest or its feature builder could not be read. */
  readonly shape: ModelShape | null
  readonly bundle: Bundle | null
  /** What loading it gave. */
  readonly trial: TrialReport | null
  readonly problem: SpillwayError | null
  /** Versions of a registry that were passed over. */
  readonly refused: readonly SpillwayError[]
}

export interface TrialOptions {
  /** Load on the provider of the step; otherwise on the CPU, which every machine has. */
  readonly ownProvider: boolean
  readonly probe: boolean
  /** Ask registries that are servers; otherwise their models stay unread. */
  readonly connect: boolean
}

/** Reads every model of a pipeline and loads it in a process of its own, by the name of its step. */
export async function checkModels(
  pipeline: LoadedPipeline,
  options: TrialOptions = { ownProvider: false, probe: false, connect: false },
): Promise<ReadonlyMap<string, CheckedModel>> {
  const { config, place } = pipeline
  const checked = new Map<string, CheckedModel>()
  for (const [index, step] of config.steps.entries()) {
    if (!isModelStep(step)) continue
    const where = (problem: SpillwayError): SpillwayError => {
      const key = problem.code === 'PROVIDER_UNAVAILABLE' ? 'provider' : 'model'
      return at(problem, `${place(['steps', index, key])}, step ${step.name}`)
    }
    checked.set(step.name, await checkModel(step, pipeline, options, where))
  }
  return checked
}

/** A registry that is a server, for those who connect to nothing. */
const isRemote = (step: ModelStepConfig): boolean =>
  isRegistryStep(step) && /^[a-z]+:\/\//.test(step.model.registry)

async function checkModel(
  step: ModelStepConfig,
  { config, folder }: LoadedPipeline,
  options: TrialOptions,
  where: (problem: SpillwayError) => SpillwayError,
): Promise<CheckedModel> {
  let bundle: Bundle | null = null
  let shape: ModelShape | null = null
  const unread = { shape, bundle, trial: null, problem: null, refused: [] }
  if (isRemote(step) && !options.connect) return unread
  const prove = (one: Bundle): Promise<TrialReport> => {
    bundle = one
    shape = modelShape(one.manifest)
    return tryModel(trialOf(step, config, one, options), limitOf(step))
  }
  try {
    if (isRegistryStep(step)) {
      const { proof, refused } = await firstModel(step.model, folder, prove)
      return { shape, bundle, trial: proof, problem: null, refused }
    }
    const model = step.model as string
    const trial = await prove(readBundle(isAbsolute(model) ? model : resolve(folder, model)))
    return { shape, bundle, trial, problem: null, refused: [] }
  } catch (error) {
    return { ...unread, shape, bundle, problem: where(error as SpillwayError) }
  }
}

/** What a model of this step is tried with, before it is put before events. */
export function trialOf(
  step: ModelStepConfig,
  { reproducible }: PipelineConfig,
  bundle: Bundle,
  { ownProvider, probe }: Pick<TrialOptions, 'ownProvider' | 'probe'>,
): TrialRequest {
  return {
    bundle,
    session: { provider: ownProvider ? step.provider : 'cpu', threads: step.threads, reproducible },
    batch: { ...step.batch, reproducible },
    probe,
  }
}

/** The longest that it may take [ms]. */
export const limitOf = (step: ModelStepConfig): number | undefined =>
  isRegistryStep(step) ? step.model.trial_s * 1e3 : undefined
