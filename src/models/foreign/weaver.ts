import { parseDocument } from 'yaml'
import { z } from 'zod'
import { SpillwayError } from '../../errors.js'
import { type ForeignInput, type ForeignModel, type ForeignVariable, plainVariable } from './description.js'

const Info = z.object({
  median: z.number(),
  norm_factor: z.number(),
  replace_inf_value: z.number().default(0),
  lower_bound: z.number(),
  upper_bound: z.number(),
  pad: z.number().default(0),
})
const PreprocessInput = z.object({
  var_names: z.array(z.string()).min(1),
  var_infos: z.record(z.string(), Info),
  var_length: z.int().positive().max(65_536).nullish(),
})
const Preprocess = z
  .object({
    input_names: z.array(z.string()).min(1),
    // Labels by their formulas where the card defines them so.
    output_names: z
      .union([
        z.array(z.string()),
        z.record(z.string(), z.unknown()).transform((labels) => Object.keys(labels)),
      ])
      .default([]),
  })
  .catchall(z.unknown())

/** weaver's `preprocess.json`, written beside an exported ONNX file. @throws SpillwayError MODEL_INVALID. */
export function parseWeaverPreprocess(text: string, place: string): ForeignModel {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (cause) {
    throw new SpillwayError('MODEL_INVALID', 'preprocess.json is not JSON', { place, cause })
  }
  const head = check(Preprocess, raw, place)
  const inputs = head.input_names.map((name): ForeignInput => {
    const { var_names, var_infos, var_length } = check(PreprocessInput, head[name], `${place}, input ${name}`)
    const variables = var_names.map((variable): ForeignVariable => {
      const info = var_infos[variable]
      if (info === undefined)
        throw new SpillwayError('MODEL_INVALID', `input ${name}: nothing is said of variable ${variable}`, {
          place,
        })
      return {
        name: variable,
        subtract: info.median,
        multiply: info.norm_factor,
        low: info.lower_bound,
        high: info.upper_bound,
        replace: info.replace_inf_value,
        pad: info.pad,
      }
    })
    const length = var_length ?? null
    return { name, ragged: length !== null, length, padMode: null, layout: 'channels', variables }
  })
  return { framework: 'weaver', inputs, outputs: head.output_names, derived: new Map() }
}

const Number_ = z.number().nullable()
const Variable = z.union([
  z.string(),
  z
    .array(z.union([z.string(), Number_]))
    .min(1)
    .max(6),
])
const Card = z.object({
  preprocess: z
    .object({ method: z.string().default('manual') })
    .loose()
    .default({ method: 'manual' }),
  new_variables: z.record(z.string(), z.union([z.string(), z.number()])).nullish(),
  inputs: z.record(
    z.string(),
    z.object({
      length: z.int().positive().max(65_536).nullish(),
      pad_mode: z.enum(['constant', 'wrap']).default('constant'),
      vars: z.array(Variable).min(1),
    }),
  ),
  labels: z
    .object({ type: z.string(), value: z.union([z.array(z.string()), z.record(z.string(), z.unknown())]) })
    .nullish(),
})

/**
 * A weaver data card. A variable is a name, or `[name, subtract_by, multiply_by, clip_min, clip_max, pad_value]`, of
 * which what is left out is weaver's default (no shift, 1, -5, 5, 0).
 *
 * @throws SpillwayError MODEL_INVALID; for automatic standardisation too, whose numbers only the `.auto.yaml` has.
 */
export function parseWeaverCard(text: string, place: string): ForeignModel {
  const document = parseDocument(text)
  if (document.errors.length > 0)
    throw new SpillwayError('MODEL_INVALID', document.errors[0].message, { place })
  const card = check(Card, document.toJS({ maxAliasCount: 100 }), place)
  const inputs = Object.entries(card.inputs).map(([name, { length, pad_mode, vars }]): ForeignInput => {
    const variables = vars.map((raw) => cardVariable(raw, name, card.preprocess.method, place))
    return {
      name,
      ragged: Boolean(length),
      length: length ?? null,
      padMode: pad_mode,
      layout: 'channels',
      variables,
    }
  })
  const labels = card.labels?.value ?? []
  const derived = new Map(
    Object.entries(card.new_variables ?? {}).map(([key, value]) => [key, String(value)]),
  )
  return {
    framework: 'weaver',
    inputs,
    outputs: Array.isArray(labels) ? labels : Object.keys(labels),
    derived,
  }
}

function cardVariable(
  raw: z.infer<typeof Variable>,
  input: string,
  method: string,
  place: string,
): ForeignVariable {
  const [name, subtract, multiply, low, high, pad] = typeof raw === 'string' ? [raw] : raw
  if (typeof name !== 'string')
    throw new SpillwayError('MODEL_INVALID', `input ${input}: a variable without name`, { place })
  if (subtract === 'auto' || (subtract === undefined && method === 'auto')) {
    throw new SpillwayError('MODEL_INVALID', `input ${input}: ${name} is standardised automatically`, {
      place,
      remedy: 'Give the .auto.yaml that weaver writes when it trains, or preprocess.json.',
    })
  }
  const number = (value: string | number | null | undefined, otherwise: number): number => {
    if (value === undefined || value === null) return otherwise
    if (typeof value === 'number') return value
    throw new SpillwayError('MODEL_INVALID', `input ${input}: ${name} has ${value} where a number is due`, {
      place,
    })
  }
  // Without a shift weaver neither scales nor clips.
  if (subtract === undefined || subtract === null)
    return { ...plainVariable(name), replace: 0, pad: number(pad, 0) }
  return {
    name,
    subtract: number(subtract, 0),
    multiply: number(multiply, 1),
    low: number(low, -5),
    high: number(high, 5),
    replace: 0,
    pad: number(pad, 0),
  }
}

function check<T>(schema: z.ZodType<T>, raw: unknown, place: string): T {
  const parsed = schema.safeParse(raw)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new SpillwayError('MODEL_INVALID', `${issue.path.join('.') || 'the description'}: ${issue.message}`, {
    place,
  })
}
