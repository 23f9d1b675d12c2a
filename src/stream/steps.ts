import { isAbsolute, resolve } from 'node:path'
import { SpillwayError } from '../errors.js'
import type { ColumnSpec, EventSchema, Events } from '../ingest/columns.js'
import { type Compiled, compile } from '../ingest/expression/compile.js'
import { type FeatureBuilder, numberRead, type Read } from '../models/feature-builder.js'
import { featureBuilder } from '../models/features/index.js'
import { type Bundle, type Manifest, readBundle } from '../models/manifest.js'
import { modelColumns, modelOperator } from '../models/model-operator.js'
import { inspectOnnx } from '../models/onnx-graph.js'
import type { Operator } from '../models/operator.js'
import { loadSession, runtimeVersion } from '../models/provider.js'
import { makeScorer, type NativeCall, type Scorer } from '../models/scorer.js'
import { isCutFlowStep, isModelStep, type ModelStepConfig, type PipelineConfig } from './config/schema.js'
import { bindCutFlow } from './cutflow/bind.js'
import type { BoundCutFlow } from './cutflow/counts.js'
import { checkReads } from './reads.js'
import { selectOperator } from './select/operator.js'
import type { LiveModel } from './work.js'

/** A model step with its session; shared by all schemas of a worker. */
export interface LoadedStep {
  readonly config: ModelStepConfig
  readonly bundle: Bundle
  readonly scorer: Scorer
}

/**
 * Loads the models of a pipeline.
 * @throws SpillwayError MODEL_UNREADABLE, MODEL_INVALID, PROVIDER_UNAVAILABLE
 */
export async function loadSteps(
  config: PipelineConfig,
  folder: string,
  native: NativeCall = (call) => call(),
): Promise<ReadonlyMap<string, LoadedStep>> {
  const loaded = new Map<string, LoadedStep>()
  for (const step of config.steps)
    if (isModelStep(step)) loaded.set(step.name, await loadStep(step, config, folder, native))
  return loaded
}

async function loadStep(
  step: ModelStepConfig,
  config: PipelineConfig,
  folder: string,
  native: NativeCall,
): Promise<LoadedStep> {
  const bundle = readBundle(isAbsolute(step.model) ? step.model : resolve(folder, step.model))
  const { manifest, model, origin } = bundle
  inspectOnnx(model, origin)
  const builder = builderOf(manifest)
  const { provider, threads } = step
  const settings = { provider, threads, reproducible: config.reproducible }
  const session = await native(() => loadSession(model, settings, origin))
  const batch = { ...step.batch, reproducible: config.reproducible }
  return { config: step, bundle, scorer: makeScorer(session, manifest, builder, batch, origin, native) }
}

export function liveModel({ config, bundle, scorer }: LoadedStep): LiveModel {
  const { manifest } = bundle
  return {
    step: config.name,
    name: manifest.name,
    version: manifest.version,
    sha256: manifest.model.sha256,
    provider: scorer.loaded.provider,
    runtime: `onnxruntime ${runtimeVersion()}`,
    fallbacks: scorer.loaded.fallbacks,
  }
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
    if (isModelStep(step)) operator = bindModel(step, loaded.get(step.name)!.scorer, schema)
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
  const added = { ...schema, columns: [...schema.columns, ...modelColumns(step.name, shape.columns, axis)] }
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

function bindModel(step: ModelStepConfig, scorer: Scorer, schema: EventSchema): Operator {
  const { name, replace } = step
  const when = compileWhen(step, scorer, schema)
  if (when === null) return modelOperator({ name, scorer, replace })
  const mask = (events: Events) => when.mask(events)
  return modelOperator({ name, scorer, replace, when: { mask, reads: when.reads, axis: when.axis } })
}
