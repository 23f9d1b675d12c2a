import { isAbsolute, resolve } from 'node:path'
import type { SpillwayError } from '../../errors.js'
import { type Bundle, readBundle } from '../../models/manifest.js'
import { inspectOnnx } from '../../models/onnx-graph.js'
import { type TrialReport, tryModel } from '../../models/trial.js'
import type { LoadedPipeline } from '../config/load.js'
import { isModelStep, type ModelStepConfig } from '../config/schema.js'
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
}

export interface TrialOptions {
  /** Load on the provider of the step; otherwise on the CPU, which every machine has. */
  readonly ownProvider: boolean
  readonly probe: boolean
}

/** Reads every model of a pipeline and loads it in a process of its own, by the name of its step. */
export async function checkModels(
  pipeline: LoadedPipeline,
  options: TrialOptions = { ownProvider: false, probe: false },
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

async function checkModel(
  step: ModelStepConfig,
  { config, folder }: LoadedPipeline,
  { ownProvider, probe }: TrialOptions,
  where: (problem: SpillwayError) => SpillwayError,
): Promise<CheckedModel> {
  let bundle: Bundle | null = null
  let shape: ModelShape | null = null
  try {
    bundle = readBundle(isAbsolute(step.model) ? step.model : resolve(folder, step.model))
    shape = modelShape(bundle.manifest)
    inspectOnnx(bundle.model, bundle.origin)
    const { reproducible } = config
    const trial = await tryModel({
      bundle,
      session: { provider: ownProvider ? step.provider : 'cpu', threads: step.threads, reproducible },
      batch: { ...step.batch, reproducible },
      probe,
    })
    return { shape, bundle, trial, problem: null }
  } catch (error) {
    return { shape, bundle, trial: null, problem: where(error as SpillwayError) }
  }
}
