import { SpillwayError } from '../../errors.js'
import type { EventSchema } from '../../ingest/columns.js'
import type { Compiled } from '../../ingest/expression/compile.js'
import { cutFlowColumns, cutFlowOperator } from '../../models/cutflow/operator.js'
import { presetSelection } from '../../models/cutflow/presets.js'
import type { Selection } from '../../models/cutflow/selection.js'
import type { Operator } from '../../models/operator.js'
import type { CutFlowStepConfig } from '../config/schema.js'
import { compileAt } from '../select/chain.js'
import type { BoundCutFlow } from './counts.js'

/** The column that weighs events where a step names none. */
const WEIGHT = 'weight'

/**
 * A cut-flow step made ready for events of one schema, and what to count of it.
 * @throws SpillwayError EXPRESSION_INVALID whose place names the cut; CONFIG_INVALID for a column that is there already.
 */
export function bindCutFlow(
  step: CutFlowStepConfig,
  schema: EventSchema,
): { readonly operator: Operator; readonly flow: BoundCutFlow } {
  const selection = selectionOf(step, schema)
  const paths = new Set(cutFlowColumns(step.name, selection).map(({ path }) => path))
  const clash = schema.columns.find(({ path }) => paths.has(path))
  if (clash !== undefined) {
    throw new SpillwayError('CONFIG_INVALID', `the events already have a column ${clash.path}`, {
      place: `step ${step.name}`,
      remedy: 'Give the step another name.',
    })
  }
  const weight = weightOf(step, schema)
  const operator = cutFlowOperator(step.name, selection)
  return {
    operator: { ...operator, reads: [...operator.reads, ...(weight?.reads ?? []).map((path) => ({ path }))] },
    flow: { step: step.name, cuts: selection.cuts, weight },
  }
}

function selectionOf({ name, cutflow, lists }: CutFlowStepConfig, schema: EventSchema): Selection {
  if (typeof cutflow === 'string') return presetSelection(cutflow, lists)
  const cuts = Object.entries(cutflow).map(
    ([cut, when]) =>
      [cut, compileAt(`step ${name}, cutflow.${cut}`, when, schema, { type: 'bool', axis: '' })] as const,
  )
  return {
    reads: [...new Set(cuts.flatMap(([, { reads }]) => reads))].map((path) => ({ path })),
    cuts: cuts.map(([cut]) => cut),
    derived: [],
    evaluate: (events) => ({ masks: cuts.map(([, cut]) => cut.mask(events)), columns: new Map() }),
  }
}

function weightOf({ name, weight }: CutFlowStepConfig, schema: EventSchema): Compiled | null {
  const numeric = schema.columns.some(
    ({ path, axis, type }) => path === WEIGHT && axis === '' && type !== 'utf8' && type !== 'bool',
  )
  if (weight === undefined && !numeric) return null
  return compileAt(`step ${name}, weight`, weight ?? WEIGHT, schema, { type: 'number', axis: '' })
}
