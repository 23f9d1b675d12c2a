import { isAbsolute, resolve } from 'node:path'
import { SpillwayError } from '../errors.js'
import type { ColumnSpec, EventSchema, Events } from '../ingest/columns.js'
import { drawn, halvesOf } from '../ingest/draw/event-numbers.js'
import { seedOf } from '../ingest/draw/hash.js'
import { type Compiled, compile } from '../ingest/expression/compile.js'
import { type FeatureBuilder, numberRead, type Read } from '../models/feature-builder.js'
import { featureBuilder } from '../models/features/index.js'
import { type Bundle, type Manifest, readBundle } from '../models/manifest.js'
import { modelColumns, modelOperator } from '../models/model-operator.js'
import { inspectOnnx } from '../models/onnx-graph.js'
import type { Operator } from '../models/operator.js'
import { loadSession, runtimeVersion } from '../models/provider.js'
import { makeScorer, type NativeCall, type Scorer } from '../models/scorer.js'
import type { Serving, ServingModel } from '../models/serving.js'
import {
  isCutFlowStep,
  isModelStep,
  isRegistryStep,
  type ModelStepConfig,
  type PipelineConfig,
} from './config/schema.js'
import { bindCutFlow } from './cutflow/bind.js'
import type { BoundCutFlow } from './cutflow/counts.js'
import { checkReads } from './reads.js'
import { selectOperator } from './select/operator.js'
import type { LineUpOffer, LiveModel } from './work.js'

/** A model in a worker's memory. */
export interface LoadedModel {
  readonly key: string
  readonly manifest: Manifest
  /** Where it came from, for messages. */
  readonly origin: string
  readonly scorer: Scorer
  release(): Promise<void>
}

/** A model step with its sessions; shared by all schemas of a worker. */
export interface LoadedStep {
  readonly config: ModelStepConfig
  readonly live: LoadedModel
  readonly canary: (LoadedModel & { readonly share: number }) | null
  readonly shadow: LoadedModel | null
}

/** The models that a pipeline names by path, as its first line-up. @throws SpillwayError MODEL_UNREADABLE, MODEL_INVALID */
export function lineUpOfPaths(config: PipelineConfig, folder: string): LineUpOffer {
  const named = config.steps.filter(isModelStep).map((step) => {
    if (isRegistryStep(step)) {
      throw new SpillwayError('INTERNAL', `the model of step ${step.name} was not fetched`)
    }
    const model = step.model as string
    return [step.name, readBundle(isAbsolute(model) ? model : resolve(folder, model))] as const
  })
  return firstLineUp(new Map(named))
}

/** The first line-up: one model a step. */
export function firstLineUp(bundles: ReadonlyMap<string, Bundle>): LineUpOffer {
  const keyed = [...bundles].map(([step, bundle]) => ({ step, key: `${step}#0`, bundle }))
  return {
    id: 0,
    steps: Object.fromEntries(keyed.map(({ step, key }) => [step, { live: key }])),
    bundles: Object.fromEntries(keyed.map(({ key, bundle }) => [key, bundle])),
  }
}

/**
 * Loads one model of a step.
 * @throws SpillwayError MODEL_INVALID, PROVIDER_UNAVAILABLE
 */
export async function loadModel(
  key: string,
  bundle: Bundle,
  step: ModelStepConfig,
  config: PipelineConfig,
  native: NativeCall = (call) => call(),
): Promise<LoadedModel> {
  const { manifest, model, origin } = bundle
  inspectOnnx(model, origin)
  const builder = builderOf(manifest)
  const { provider, threads } = step
  const settings = { provider, threads, reproducible: config.reproducible }
  const session = await native(() => loadSession(model, settings, origin))
  const batch = { ...step.batch, reproducible: config.reproducible, driftEvery: step.drift.every }
  const scorer = makeScorer(session, manifest, builder, batch, origin, native)
  return { key, manifest, origin, scorer, release: () => scorer.release() }
}

/** What goes into metadata of the output: the models that serve. */
export function liveModels({ config, live, canary }: LoadedStep): LiveModel[] {
  const of = ({ manifest, scorer }: LoadedModel): LiveModel => ({
    step: config.name,
    name: manifest.name,
    version: manifest.version,
    sha256: manifest.model.sha256,
    provider: scorer.loaded.provider,
    runtime: `onnxruntime ${runtimeVersion()}`,
    fallbacks: scorer.loaded.fallbacks,
  })
  return canary === null ? [of(live)] : [of(live), { ...of(canary), share: canary.share }]
}

/** The steps of a pipeline made ready for events of one schema. */
export interface BoundSteps {
  readonly operators: readonly Operator[]
  /** Columns that the steps add, in order. */
  readonly produces: readonly ColumnSpec[]
  /** What is counted for the cut-flow report. */
  readonly cutFlows: readonly BoundCutFlow[]
}

/**
 * Compiles the expressions and checks every step's columns against the schema and what earlier steps add.
 * @throws SpillwayError COLUMN_MISSING, COLUMN_TYPE, COLUMN_UNIT, EXPRESSION_INVALID naming the step.
 */
export function bindSteps(
  config: PipelineConfig,
  loaded: ReadonlyMap<string, LoadedStep>,
  source: EventSchema,
): BoundSteps {
  const operators: Operator[] = []
  const produces: ColumnSpec[] = []
  const cutFlows: BoundCutFlow[] = []
  let schema = source
  for (const step of config.steps) {
    let operator: Operator
    if (isModelStep(step)) operator = bindModel(loaded.get(step.name)!, schema)
    else if (isCutFlowStep(step)) {
      const bound = bindCutFlow(step, schema)
      operator = bound.operator
      cutFlows.push(bound.flow)
    } else operator = selectOperator(step.select, schema)
    checkReads(operator.reads, schema, `step ${operator.name}`)
    operators.push(operator)
    produces.push(...operator.produces)
    schema = { ...schema, columns: after(schema.columns, operator.produces, step) }
  }
  checkReads(
    config.sink.columns.map((path): Read => ({ path })),
    schema,
    'sink.columns',
  )
  return { operators, produces, cutFlows }
}

/** The columns that later steps see: what the step added or replaced is float32 from now on. */
function after(
  columns: readonly ColumnSpec[],
  produces: readonly ColumnSpec[],
  step: PipelineConfig['steps'][number],
): ColumnSpec[] {
  const added = new Set(produces.map(({ path }) => path))
  const replaced = isModelStep(step) ? step.replace : {}
  const kept = columns
    .filter(({ path }) => !added.has(path))
    .map((spec) => (Object.hasOwn(replaced, spec.path) ? { ...spec, type: 'float32' as const } : spec))
  return [...kept, ...produces]
}

/** What is known of a model step without a session: enough to check its columns. */
export type ModelShape = Pick<Scorer, 'builder' | 'columns'>

/** The feature builder and the score columns of a manifest. @throws SpillwayError MODEL_INVALID, CONFIG_INVALID */
export function modelShape(manifest: Manifest): ModelShape {
  const columns = manifest.outputs.flatMap((output) => output.columns).filter((name) => name !== null)
  return { builder: builderOf(manifest), columns }
}

const builderOf = ({ features: { builder, version, options } }: Manifest): FeatureBuilder =>
  featureBuilder(builder, version, options)

/**
 * Compiles the `when` of a model step and checks what it replaces; `null` without a `when`.
 * @throws SpillwayError EXPRESSION_INVALID, COLUMN_MISSING
 */
export function compileWhen(step: ModelStepConfig, shape: ModelShape, schema: EventSchema): Compiled | null {
  const { axis } = shape.builder
  const added = { ...schema, columns: [...schema.columns, ...stepColumns(step, shape)] }
  for (const [path, column] of Object.entries(step.replace)) {
    checkReads(
      [numberRead(path, axis), { path: `${step.name}.${column}` }],
      added,
      `step ${step.name}, replace`,
    )
  }
  if (step.when === undefined) return null
  const when = compile(step.when, schema, { type: 'bool' })
  if (when.axis !== '' && when.axis !== axis) {
    throw new SpillwayError(
      'EXPRESSION_INVALID',
      `when runs along ${when.axis}, the model along ${axis || 'events'}`,
      { place: `step ${step.name}` },
    )
  }
  return when
}

/**
 * The columns that a model step adds; a model of a registry has one more, with the version that scored the event.
 * @throws SpillwayError MODEL_INVALID when the model has a column of that name itself.
 */
export function stepColumns(step: ModelStepConfig, { columns, builder }: ModelShape): ColumnSpec[] {
  const versioned = isRegistryStep(step)
  if (versioned && columns.includes('version')) {
    throw new SpillwayError('MODEL_INVALID', 'a score column is called version, which the step adds itself', {
      place: `step ${step.name}`,
    })
  }
  return modelColumns(step.name, columns, builder.axis, versioned)
}

function bindModel({ config: step, live, canary, shadow }: LoadedStep, schema: EventSchema): Operator {
  const { name, replace } = step
  const serving: Serving = {
    live: servingModel(live),
    ...(canary !== null && {
      canary: { ...servingModel(canary), chosen: canaryRows(eventNumberOf(step), canary.share) },
    }),
    ...(shadow !== null && { shadow: servingModel(shadow) }),
  }
  for (const model of [canary, shadow]) {
    if (model !== null) checkReads(model.scorer.builder.reads, schema, `step ${name}, ${model.origin}`)
  }
  const when = compileWhen(step, live.scorer, schema)
  const options = { name, serving, versioned: isRegistryStep(step), replace }
  if (when === null) return modelOperator(options)
  const mask = (events: Events) => when.mask(events)
  return modelOperator({ ...options, when: { mask, reads: when.reads, axis: when.axis } })
}

const servingModel = ({ key, manifest, scorer }: LoadedModel): ServingModel => ({
  key,
  version: manifest.version,
  scorer,
})

const eventNumberOf = (step: ModelStepConfig): string =>
  isRegistryStep(step) ? step.model.rollout.event_number : 'event'

/** The same events in every worker, process and replay, and others than those of the menu's prescales. */
function canaryRows(path: string, share: number): (events: Events) => Uint8Array {
  const seed = seedOf('canary')
  return (events) => drawn(new Uint8Array(events.rows).fill(1), halvesOf(events, path), seed, share)
}
