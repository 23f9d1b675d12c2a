import { SpillwayError } from '../../errors.js'
import type { ColumnSpec, EventSchema } from '../../ingest/columns.js'
import { parse } from '../../ingest/expression/parse.js'
import type { Read } from '../../models/feature-builder.js'
import type { LoadedPipeline } from '../config/load.js'
import {
  type CutFlowStepConfig,
  isCutFlowStep,
  isModelStep,
  type ModelStepConfig,
  type PipelineConfig,
} from '../config/schema.js'
import { bindCutFlow } from '../cutflow/bind.js'
import { checkReads } from '../reads.js'
import type { MenuConfig } from '../select/config.js'
import { buildMenu, type Menu } from '../select/menu.js'
import { compileWhen, type ModelShape, stepColumns } from '../steps.js'
import type { CheckedModel } from './models.js'
import { at, type StepReport } from './report.js'

interface ColumnsReport {
  readonly steps: readonly StepReport[]
  readonly problems: readonly SpillwayError[]
  readonly notes: readonly string[]
}

/** Walks the steps as the engine would, but goes on after an error, so that all of them are found. */
export function checkColumns(
  { config, place }: LoadedPipeline,
  models: ReadonlyMap<string, CheckedModel>,
  source: EventSchema,
): ColumnsReport {
  const steps: StepReport[] = []
  const problems: SpillwayError[] = []
  let schema = source
  for (const [index, step] of config.steps.entries()) {
    const where = (...keys: string[]) => place(['steps', index, ...keys])
    let report: StepReport | null
    if (isModelStep(step)) {
      const { shape, bundle } = models.get(step.name)!
      if (shape === null || bundle === null) {
        const why = models.get(step.name)!.problem === null ? 'is in a registry' : 'cannot be read'
        const note = `the columns from step ${step.name} on are not checked: its model ${why}`
        return { steps, problems, notes: [note] }
      }
      const what = `model ${bundle.manifest.name} v${bundle.manifest.version}`
      report = checkModelStep(step, shape, what, schema, where, problems)
    } else if (isCutFlowStep(step)) report = checkCutFlow(step, schema, where, problems)
    else report = checkMenu(step.select, schema, where, problems)
    if (report === null) {
      const which = 'name' in step ? step.name : 'select'
      return { steps, problems, notes: [`the columns after the ${which} step are not checked`] }
    }
    steps.push(report)
    schema = { ...schema, columns: [...schema.columns, ...report.adds] }
  }
  config.sink.columns.forEach((path, index) => {
    each([{ path }], schema, place(['sink', 'columns', index]), 'sink.columns', problems)
  })
  checkFormats(config, schema, place, problems)
  return { steps, problems, notes: [] }
}

/** ROOT files have no place for text. */
function checkFormats(
  { sink }: PipelineConfig,
  { columns }: EventSchema,
  place: LoadedPipeline['place'],
  problems: SpillwayError[],
): void {
  for (const output of ['scores', 'accepted'] as const) {
    const to = sink[output]
    if (to === undefined || !('format' in to) || to.format !== 'root') continue
    const written =
      output === 'accepted' ? columns : columns.filter(({ path }) => sink.columns.includes(path))
    const text = written.find(({ type }) => type === 'utf8')
    if (text === undefined) continue
    problems.push(
      new SpillwayError('COLUMN_TYPE', `column ${text.path} is text: a ROOT file has no place for it`, {
        place: `${place(['sink', output, 'format'])}, sink.${output}`,
        remedy: 'Write Arrow or Parquet, or leave the column out.',
      }),
    )
  }
}

type Where = (...keys: string[]) => string

function checkModelStep(
  step: ModelStepConfig,
  shape: ModelShape,
  what: string,
  schema: EventSchema,
  where: Where,
  problems: SpillwayError[],
): StepReport {
  const adds = stepColumns(step, shape)
  each(shape.builder.reads, schema, where('model'), `step ${step.name}`, problems)
  let reads: readonly string[] = shape.builder.reads.map(({ path }) => path)
  try {
    const when = compileWhen({ ...step, replace: {} }, shape, schema)
    reads = [...new Set([...reads, ...(when?.reads ?? [])])]
  } catch (error) {
    problems.push(at(error, `${where('when')}, step ${step.name}`))
  }
  const added = { ...schema, columns: [...schema.columns, ...adds] }
  for (const [path, column] of Object.entries(step.replace)) {
    const needed = [{ path }, { path: `${step.name}.${column}` }]
    each(needed, added, where('replace', path), `step ${step.name}, replace`, problems)
  }
  return { name: step.name, what, reads, adds }
}

/** Every cut is tried by itself, so that all that are wrong are found. */
function checkCutFlow(
  step: CutFlowStepConfig,
  schema: EventSchema,
  where: Where,
  problems: SpillwayError[],
): StepReport | null {
  const before = problems.length
  const cuts = typeof step.cutflow === 'string' ? [] : Object.entries(step.cutflow)
  const tries = [
    ...cuts.map(
      ([cut, when]) => [{ ...step, weight: '1', cutflow: { [cut]: when } }, 'cutflow', cut] as const,
    ),
    [{ ...step, cutflow: { any: 'true' } }, 'weight'] as const,
  ]
  for (const [part, ...keys] of tries) {
    try {
      bindCutFlow(part, schema)
    } catch (error) {
      problems.push(at(error, where(...keys)))
    }
  }
  if (problems.length > before) return null
  try {
    const { operator } = bindCutFlow(step, schema)
    each(operator.reads, schema, where('cutflow'), `step ${step.name}`, problems)
    const what = typeof step.cutflow === 'string' ? `cut-flow ${step.cutflow}` : 'cut-flow'
    return { name: step.name, what, reads: operator.reads.map(({ path }) => path), adds: operator.produces }
  } catch (error) {
    problems.push(at(error, where('name')))
    return null
  }
}

/** Checks one column after another: `checkReads` stops at the first that is wrong. */
function each(
  reads: readonly Read[],
  schema: EventSchema,
  line: string,
  who: string,
  problems: SpillwayError[],
): void {
  for (const read of reads) {
    try {
      checkReads([read], schema, `${line}, ${who}`)
    } catch (error) {
      problems.push(error as SpillwayError)
    }
  }
}

/** Builds the menu; a key that fails is noted, replaced by one that does not, and the rest is tried again. */
function checkMenu(
  config: MenuConfig,
  schema: EventSchema,
  where: Where,
  problems: SpillwayError[],
): StepReport | null {
  let menu: MenuConfig = config
  for (let tries = 0; tries <= 2 * Object.keys(config.chains).length + 2; tries++) {
    try {
      const { reads, produces } = buildMenu(menu, schema)
      return { name: 'select', what: 'trigger menu', reads, adds: added(config, menu, produces) }
    } catch (error) {
      const keys = keysOf(error)
      problems.push(at(error, where(...keys)))
      const without = withoutKey(menu, keys)
      if (without === null) return null
      menu = without
    }
  }
  return null
}

/** The columns of the menu as written: repairing a chain may have taken its threshold away. */
function added(config: MenuConfig, repaired: MenuConfig, produces: Menu['produces']): readonly ColumnSpec[] {
  const lost = Object.keys(config.chains)
    .filter(
      (name) => config.chains[name].rate_on !== undefined && repaired.chains[name].rate_on === undefined,
    )
    .map((name): ColumnSpec => ({ path: `select.${name}_threshold`, axis: '', type: 'float64' }))
  return [...produces, ...lost]
}

/** `select.chains.w_tag.when, column 7` → the key it names. */
function keysOf(error: unknown): string[] {
  const place = error instanceof SpillwayError ? (error.place ?? '') : ''
  return place.split(',')[0].split('.')
}

function withoutKey(menu: MenuConfig, [, key, chain, part]: readonly string[]): MenuConfig | null {
  if (key === 'accept' && menu.accept !== 'any') return { ...menu, accept: 'any' }
  if (key === 'event_number') {
    const chains = Object.entries(menu.chains).map(([name, one]) => [name, { ...one, prescale: 1 }] as const)
    return { ...menu, pass_through: 0, chains: withoutRates(Object.fromEntries(chains)) }
  }
  if (key !== 'chains' || chain === undefined || !Object.hasOwn(menu.chains, chain)) return null
  const { target_rate: _rate, rate_on: _on, ...plain } = menu.chains[chain]
  const repaired = part === 'when' ? { ...menu.chains[chain], when: 'true' } : plain
  return { ...menu, chains: { ...menu.chains, [chain]: repaired } }
}

function withoutRates(chains: MenuConfig['chains']): MenuConfig['chains'] {
  return Object.fromEntries(
    Object.entries(chains).map(([name, { target_rate: _rate, rate_on: _on, ...plain }]) => [name, plain]),
  )
}

/** The syntax of all expressions, for a source whose columns are not known. */
export function parseExpressions({ config, place }: LoadedPipeline): SpillwayError[] {
  const problems: SpillwayError[] = []
  const syntax = (source: string | undefined, ...keys: (string | number)[]): void => {
    if (source === undefined) return
    try {
      parse(source)
    } catch (error) {
      problems.push(at(error, place(keys)))
    }
  }
  config.steps.forEach((step, index) => {
    if (isModelStep(step)) {
      syntax(step.when, 'steps', index, 'when')
      return
    }
    if (isCutFlowStep(step)) {
      syntax(step.weight, 'steps', index, 'weight')
      if (typeof step.cutflow === 'string') return
      for (const [cut, when] of Object.entries(step.cutflow)) syntax(when, 'steps', index, 'cutflow', cut)
      return
    }
    syntax(step.select.accept, 'steps', index, 'select', 'accept')
    for (const [name, chain] of Object.entries(step.select.chains)) {
      syntax(chain.when, 'steps', index, 'select', 'chains', name, 'when')
      syntax(chain.rate_on, 'steps', index, 'select', 'chains', name, 'rate_on')
    }
  })
  return problems
}
