import { z } from 'zod'
import type { EventSchema, Events } from '../../ingest/columns.js'
import { type Compiled, compile } from '../../ingest/expression/compile.js'
import { columnsRead } from '../../ingest/expression/reads.js'
import {
  type BoundFeatures,
  type FeatureBuilder,
  type FeatureFactory,
  numberRead,
  type TensorSpec,
} from '../feature-builder.js'
import { parseOptions } from '../options.js'
import type { ForeignInput } from './description.js'
import { fillInput } from './transform.js'

const Variable = z.strictObject({
  name: z.string(),
  /** Expression over columns of events that gives it, as the framework had it before it normalised. */
  value: z.string().min(1),
  subtract: z.number().default(0),
  multiply: z.number().default(1),
  low: z.number().nullable().default(null),
  high: z.number().nullable().default(null),
  replace: z.number().nullable().default(null),
  pad: z.number().default(0),
})
const Input = z.strictObject({
  name: z.string(),
  /** The list along which its variables run; none for one value an event. */
  list: z.string().optional(),
  /** Entries it is always padded or cut to; as long as the longest of the batch when `null`. */
  length: z.int().positive().max(65_536).nullable().default(null),
  pad_mode: z.enum(['constant', 'wrap']).default('constant'),
  layout: z.enum(['channels', 'features']).default('features'),
  variables: z.array(Variable).min(1),
})
export const ForeignOptions = z
  .strictObject({
    /** Most entries of inputs without a length of their own. */
    max_length: z.int().positive().max(65_536).default(512),
    inputs: z.array(Input).min(1),
  })
  .refine(
    ({ inputs }) => new Set(inputs.filter(isFree).map(({ list }) => list)).size <= 1,
    'inputs of free length must run along one list',
  )
export type ForeignOptions = z.input<typeof ForeignOptions>
type InputOptions = z.infer<typeof Input>

const isFree = ({ list, length }: { readonly list?: string; readonly length: number | null }): boolean =>
  list !== undefined && length === null

/**
 * The inputs of a model that weaver or salt exported, as `spillway import` describes them: variables are expressions over
 * columns, normalised, clipped and padded as the framework does: `clip((x − subtract) · multiply, low, high)`.
 */
export const foreignInputs: FeatureFactory = (raw) => {
  const options = parseOptions(ForeignOptions, raw, 'foreign')
  const inputs = options.inputs.map(inputOf)
  const free = options.inputs.find(isFree)?.list
  const expressions = options.inputs.flatMap(({ list = '', variables }) =>
    variables.map(({ value }) => ({ value, list })),
  )
  const reads = new Map(
    expressions.flatMap(({ value, list }) =>
      columnsRead(value).map(
        (path) => [path, numberRead(path, path.startsWith(`${list}.`) ? list : '')] as const,
      ),
    ),
  )
  const cache = new Map<string, readonly Compiled[]>()
  const builder: FeatureBuilder = {
    id: 'foreign',
    version: 1,
    axis: '',
    reads: [...reads.values()],
    tensors: options.inputs.map(tensorOf),
    maxLength: free === undefined ? null : options.max_length,
    exact: free !== undefined,
    bind: (events) => {
      const compiled = compiledFor(cache, expressions, [...reads.keys()], events.schema)
      return bind(events, options.inputs, inputs, compiled, free, options.max_length)
    },
  }
  return builder
}

function tensorOf({ name, list, length, layout, variables }: InputOptions): TensorSpec {
  if (list === undefined) return { name, shape: ['n', variables.length] }
  const entries = length ?? 't'
  return {
    name,
    shape: layout === 'channels' ? ['n', variables.length, entries] : ['n', entries, variables.length],
  }
}

const inputOf = ({ name, list, length, pad_mode, layout, variables }: InputOptions): ForeignInput => ({
  name,
  ragged: list !== undefined,
  length,
  padMode: pad_mode,
  layout,
  variables: variables.map(({ low, high, ...variable }) => ({
    ...variable,
    low: low ?? Number.NEGATIVE_INFINITY,
    high: high ?? Number.POSITIVE_INFINITY,
  })),
})

/** Compiled once for each form that the columns read come in; as a rule there is one. */
function compiledFor(
  cache: Map<string, readonly Compiled[]>,
  expressions: readonly { readonly value: string; readonly list: string }[],
  reads: readonly string[],
  schema: EventSchema,
): readonly Compiled[] {
  const wanted = new Set(reads)
  const key = schema.columns
    .filter(({ path }) => wanted.has(path))
    .map(({ path, axis, type }) => `${path}|${axis}|${type}`)
    .join('\n')
  let compiled = cache.get(key)
  if (compiled === undefined) {
    compiled = expressions.map(({ value, list }) => compile(value, schema, { axis: list }))
    if (cache.size >= FORMS) cache.clear()
    cache.set(key, compiled)
  }
  return compiled
}

/** Forms remembered; a stream of ever new ones must not grow without bound. */
const FORMS = 16

function bind(
  events: Events,
  options: readonly InputOptions[],
  inputs: readonly ForeignInput[],
  compiled: readonly Compiled[],
  free: string | undefined,
  most: number,
): BoundFeatures {
  let next = 0
  const bound = inputs.map((input, i) => ({
    input,
    columns: input.variables.map(() => numbers(compiled[next++], events)),
    offsets: options[i].list === undefined ? null : events.offsets(options[i].list),
    fixed: options[i].length,
  }))
  return {
    items: events.rows,
    lengths: free === undefined ? null : lengthsOf(events.offsets(free), events.rows, most),
    fill(items, from, to, slot, length, tensors) {
      for (let k = 0; k < bound.length; k++) {
        const { input, columns, offsets, fixed } = bound[k]
        fillInput(input, columns, offsets, items, from, to, slot, fixed ?? length, tensors[k], fixed ?? most)
      }
    },
  }
}

const numbers = (expression: Compiled, events: Events): Float32Array =>
  Float32Array.from(expression.evaluate(events) as ArrayLike<number>)

function lengthsOf(offsets: Int32Array, rows: number, most: number): Int32Array {
  const lengths = new Int32Array(rows)
  for (let i = 0; i < rows; i++) lengths[i] = Math.min(offsets[i + 1] - offsets[i], most)
  return lengths
}
