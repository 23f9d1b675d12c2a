import { access, mkdir, rm, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { stringify } from 'yaml'
import { SpillwayError } from '../errors.js'
import { bundleOf, type ManifestDraft, makeBundle, writeBundle } from '../models/bundle.js'
import type { Bundle } from '../models/manifest.js'
import { runProbe } from '../models/probe.js'
import { runtimeVersion } from '../models/provider.js'
import type { RunConfig } from './config.js'
import { openSample, type Sample } from './data/sample.js'
import type { ExecutorConfig } from './executor/index.js'
import {
  bestEpoch,
  type EpochRecord,
  type ExportResult,
  type FitResult,
  fit as fitProgram,
} from './fit/index.js'
import { importancesOf } from './importance.js'
import { withoutInputs } from './inputs.js'
import { initialise } from './layers/index.js'
import { metricsOf } from './metrics.js'
import { probeEvents } from './probe-events.js'
import { scheduleOf, trainProgram } from './program.js'
import { prove, worstParity } from './prove.js'
import type { Network, Recipe, Task } from './recipe.js'
import { scoreReferences } from './references.js'
import { digestsOf, type RunResult, runFiles, writeResult } from './run-folder.js'
import { readScores } from './score-file.js'
import { SPLITS } from './score-table.js'
import { openScorer, scoreToFile } from './scoring.js'

/** What a run does, as it goes. */
export type Stage = 'reading the sample' | 'training' | 'proving the export' | 'scoring the sample'

export interface TrainOptions {
  readonly recipe: Recipe
  readonly config: RunConfig
  /** The run's folder; made when it is not there. */
  readonly folder: string
  /** Where relative paths of the configuration start. */
  readonly from: string
  /** Go on from the checkpoint in the folder. */
  readonly resume: boolean
  readonly signal?: AbortSignal
  /** `done` of `of` units of a stage: record batches, or steps with their loss. */
  readonly onProgress?: (stage: Stage, done: number, of: number, loss?: number) => void
  readonly onEpoch?: (record: EpochRecord) => void
  readonly onSample?: (sample: Sample) => void
}

export interface TrainOutcome {
  /** Null when the run was interrupted; its checkpoint is in the folder. */
  readonly result: RunResult | null
}

/**
 * Trains a recipe and makes a proved bundle of it: sample, fit, export, parity, probe, scores, metrics. All of it lands in
 * the run's folder (see `runFiles`).
 * @throws SpillwayError OUTPUT_EXISTS when the folder holds a run and `resume` is not asked for, and what its parts throw.
 */
export async function train(options: TrainOptions): Promise<TrainOutcome> {
  const { recipe, config, folder, onProgress } = options
  const began = performance.now()
  await prepareFolder(folder, options.resume)
  const task = withoutInputs(recipe.task(config.recipe), config.drop)
  await using sample = await openSample(task, config.data, options.from, (done, of) =>
    onProgress?.('reading the sample', done, of),
  )
  options.onSample?.(sample)
  await writeFile(runFiles(folder).config, stringify(config))
  const network = task.network(sample.statistics)
  const fitted = await fitNetwork(options, task, network, sample)
  if (fitted.reason === 'interrupted') return { result: null }
  const fitSeconds = (performance.now() - began) / 1e3
  onProgress?.('proving the export', 0, 1)
  const proof = await prove(task, network, fitted.weights, sample)
  const made = { options, task, network, fitted, sample, proof }
  const result = { ...(await resultOf(made)), seconds: { fit: fitSeconds, all: 0 } }
  const whole = { ...result, seconds: { fit: fitSeconds, all: (performance.now() - began) / 1e3 } }
  await writeResult(folder, whole)
  return { result: whole }
}

interface Made {
  readonly options: TrainOptions
  readonly task: Task
  readonly network: Network
  readonly fitted: FitResult
  readonly sample: Sample
  readonly proof: ExportResult
}

async function prepareFolder(folder: string, resume: boolean): Promise<void> {
  await mkdir(folder, { recursive: true })
  const files = runFiles(folder)
  const exists = await access(files.config).then(
    () => true,
    () => false,
  )
  if (exists && !resume) {
    throw new SpillwayError('OUTPUT_EXISTS', `${folder} holds a run already`, {
      place: files.config,
      remedy: 'Give --resume to go on with it, another --out, or remove the folder.',
    })
  }
  if (!resume) await rm(files.checkpoint, { force: true })
}

function fitNetwork(options: TrainOptions, task: Task, network: Network, sample: Sample): Promise<FitResult> {
  const { config, folder, signal, onEpoch, onProgress } = options
  const { batch, epochs, patience } = config.fit
  const perEpoch = Math.ceil(sample.counts.parts.train / batch)
  const { kind, provider, threads } = config.executor
  const executor: ExecutorConfig = { executor: kind, provider, ...(threads !== null && { threads }) }
  return fitProgram({
    program: trainProgram(task, network, config.fit),
    initial: initialise(network.parameters, config.seed),
    train: sample.dataset('train', batch, config.seed),
    validation: sample.dataset('validation', batch),
    schedule: scheduleOf(config.fit, perEpoch),
    epochs,
    executor,
    directory: folder,
    ...(patience !== null && { earlyStopping: { patience } }),
    ...(signal && { signal }),
    onStep: (step, loss) => onProgress?.('training', step, epochs * perEpoch, loss),
    ...(onEpoch && { onEpoch }),
  })
}

/** Proves the bundle in the scorer, scores the sample with it, and writes it with what was found. */
async function resultOf(made: Made): Promise<Omit<RunResult, 'seconds'>> {
  const { options, task, network, fitted, sample, proof } = made
  const { config, folder } = options
  const files = runFiles(folder)
  const data = await digestsOf(sample.files)
  const probe = await probeEvents(task, network, fitted.weights, sample, config.model.probe)
  const draft = draftOf(made)
  await scoreSample(made, bundleOf(makeBundle(draft, proof.onnx, probe), files.bundle))
  const table = await readScores(files.scores)
  const metrics = metricsOf(task, table)
  const best = bestEpoch(fitted.history)?.epoch ?? 0
  const trained = {
    config: withoutFolders(config),
    data,
    items: sample.counts.parts,
    best_epoch: best,
    metrics: metrics.test,
    parity: worstParity(proof.parity),
    runtime: `onnxruntime ${runtimeVersion()}`,
  }
  const { importance: repeats, seed, data: dataConfig } = config
  const importance =
    repeats === 0
      ? undefined
      : await importancesOf({
          task,
          network,
          weights: fitted.weights,
          sample,
          event: dataConfig.event,
          repeats,
          seed,
        })
  const references = { ...sample.references, ...scoreReferences(table, columnsOf(task)) }
  writeBundle(files.bundle, { ...draft, trained, references }, proof.onnx, probe)
  return {
    system: config.system,
    seed: config.seed,
    reason: fitted.reason === 'stopped' ? 'stopped' : 'done',
    history: fitted.history,
    bestEpoch: best,
    counts: sample.counts,
    classes: task.classes,
    parameters: Object.values(network.parameters)
      .filter((spec) => spec.trained !== false)
      .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
    parity: proof.parity,
    data,
    metrics,
    ...(importance && { importance }),
  }
}

/** How far a scorer's answers may be from the trainer's: rounding, in another order of summation. */
const TOLERANCE = { absolute: 1e-5, relative: 1e-4 }

function draftOf({ options, task }: Made): ManifestDraft {
  const { config, recipe } = options
  const { id, version, tensors } = task.builder
  return {
    name: config.model.name ?? config.system,
    version: config.model.version,
    system: config.system,
    description: recipe.title,
    features: { builder: id, version, options: task.builderOptions },
    inputs: Object.fromEntries(tensors.map(({ name }) => [name, name])),
    outputs: task.outputs,
    tolerance: TOLERANCE,
  }
}

/** A bundle travels: it names the files it was trained on, not where they were. */
function withoutFolders(config: RunConfig): RunConfig {
  const { files, exclude } = config.data
  const names = (paths: readonly string[]): string[] => paths.map((path) => basename(path))
  return { ...config, data: { ...config.data, files: names(files), exclude: names(exclude) } }
}

const columnsOf = ({ outputs }: Task): string[] =>
  outputs.flatMap(({ columns }) => columns).filter((name) => name !== null)

async function scoreSample({ options, task, sample }: Made, bundle: Bundle): Promise<void> {
  const { train: training, test } = sample.counts.parts
  const scorer = await openScorer(bundle)
  try {
    await runProbe(scorer, bundle)
    await scoreToFile(runFiles(options.folder).scores, {
      scorer,
      task,
      blocks: sample.blocks,
      event: options.config.data.event,
      splits: SPLITS,
      everyTraining: Math.max(1, Math.floor(training / Math.max(1, test))),
      onBlock: (done, of) => options.onProgress?.('scoring the sample', done, of),
    })
  } finally {
    await scorer.release()
  }
}
