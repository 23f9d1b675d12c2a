import { SpillwayError } from '../../errors.js'
import { columnsRead } from '../../ingest/expression/reads.js'
import type { SchemaMap } from '../../ingest/mapping/schema-map.js'
import type { ManifestDraft } from '../bundle.js'
import type { ForeignOptions } from './builder.js'
import type { ForeignInput, ForeignModel } from './description.js'
import { type GraphValue, type OnnxInterface, onnxInterface } from './onnx-io.js'
import { parseSaltMetadata, saltKey } from './salt.js'
import { expressionOf, type Names, usualFormulas } from './variables.js'
import { parseWeaverCard, parseWeaverPreprocess } from './weaver.js'

/** A text file that describes a model, or formulas of its variables. */
export interface TextFile {
  readonly file: string
  readonly text: string
}

export interface ImportOptions {
  readonly name: string
  /** Where the model came from, for messages. */
  readonly place: string
  /** weaver's preprocess.json or data card; salt writes its description into the ONNX file. */
  readonly description: TextFile | null
  /** A data card beside a preprocess.json, for the formulas of its new variables. */
  readonly card: TextFile | null
  readonly map: SchemaMap
  /** Expressions of variables, by hand. */
  readonly given: ReadonlyMap<string, string>
}

type InputDraft = ForeignOptions['inputs'][number]

/**
 * The manifest of a model that weaver or salt exported: its inputs as expressions over the columns that a schema map
 * makes, normalised and padded as the framework does, and its outputs as columns.
 * @throws SpillwayError MODEL_INVALID where graph and description differ; COLUMN_MISSING for a variable of no column
 */
export function foreignDraft(model: Uint8Array, options: ImportOptions): ManifestDraft {
  const graph = onnxInterface(model, options.place)
  const described = describe(graph, options)
  const inputs =
    described.framework === 'weaver'
      ? weaverInputs(graph, described, options)
      : saltInputs(graph, described, options)
  const bound = new Set(inputs.map(({ name }) => name))
  const unknown = graph.inputs.find(({ name }) => !bound.has(name))
  if (unknown !== undefined) throw invalid(`nothing is said of graph input ${unknown.name}`, options.place)
  const longest = described.inputs.flatMap(({ length }) => length ?? [])
  return {
    name: options.name,
    version: 1,
    description: `exported by ${described.framework}`,
    features: {
      builder: 'foreign',
      version: 1,
      options: { ...(longest.length > 0 && { max_length: Math.max(...longest) }), inputs },
    },
    inputs: Object.fromEntries(inputs.map(({ name }) => [name, name])),
    outputs:
      described.framework === 'weaver'
        ? weaverOutput(graph, described, options.place)
        : saltOutputs(graph, options.place),
    batch:
      graph.inputs.every(({ shape }) => shape[0] === null) && described.framework === 'weaver'
        ? 'dynamic'
        : 'none',
    tolerance: { absolute: 1e-4, relative: 1e-3 },
  }
}

function describe(graph: OnnxInterface, { description, card, place }: ImportOptions): ForeignModel {
  const inside = graph.metadata.get(saltKey)
  if (description === null && inside !== undefined) return parseSaltMetadata(inside, place)
  if (description === null) {
    throw new SpillwayError(
      'MODEL_INVALID',
      `the ONNX file says nothing of its inputs: it has no ${saltKey}`,
      {
        place,
        remedy: "Give weaver's preprocess.json or data card beside the model.",
      },
    )
  }
  const { file, text } = description
  const isCard = /\.ya?ml$/.test(file)
  const model = isCard ? parseWeaverCard(text, file) : parseWeaverPreprocess(text, file)
  return card === null ? model : withCard(model, parseWeaverCard(card.text, card.file))
}

/** What only the card says: formulas, and how inputs are padded. */
function withCard(model: ForeignModel, card: ForeignModel): ForeignModel {
  const padModeOf = (name: string) => card.inputs.find((input) => input.name === name)?.padMode ?? null
  const inputs = model.inputs.map((input) => ({ ...input, padMode: padModeOf(input.name) }))
  return { ...model, inputs, derived: card.derived }
}

function weaverInputs(
  graph: OnnxInterface,
  model: ForeignModel,
  options: ImportOptions,
): readonly InputDraft[] {
  const formulas = model.derived.size > 0 ? model.derived : usualFormulas
  const names: Names = { map: options.map, formulas, given: options.given }
  const around = { prefixes: [''], suffixes: [''] }
  const described = readOf(model, graph).map((input) => ({
    input,
    shape: shapeOf(graph, input.name, options.place),
    values: input.variables.map(({ name }) => expressionOf(name, names, around, options.place)),
  }))
  const lists = described.map(({ values }) => listOf(values, options.map))
  const ragged = new Set(lists.filter((list, i) => list !== undefined && described[i].input.ragged))
  // Only a model with a mask can tell padding from particles: others get the length that they were trained with.
  const masked = described.some(({ input }) => isMask(input))
  return described.map(({ input, shape, values }, i) => {
    const list = input.ragged ? (lists[i] ?? listBeside(input, described, lists)) : undefined
    if (input.ragged && list === undefined)
      throw invalid(`no variable of input ${input.name} runs along a list`, options.place)
    const free = masked && ragged.size === 1 && shape[2] === null
    // What a mask hides may be anything but what makes a NaN, as zeros do in ParT's pairwise features.
    const padMode = input.padMode ?? (masked && !isMask(input) ? 'wrap' : 'constant')
    return draftOf({ ...input, padMode }, values, list, free ? null : (shape[2] ?? input.length))
  })
}

const isMask = ({ name }: ForeignInput): boolean => name.endsWith('_mask')

/** PyTorch exports no input that the network does not use, as ParT's `pf_points`; weaver describes it all the same. */
const readOf = ({ inputs }: ForeignModel, graph: OnnxInterface) =>
  inputs.filter(({ name }) => graph.inputs.some((input) => input.name === name))

/** A mask's variable is 1 whatever the particle: it runs along the list of the inputs with its prefix, `pf_`. */
function listBeside(
  { name }: ForeignInput,
  described: readonly { readonly input: ForeignInput }[],
  lists: readonly (string | undefined)[],
): string | undefined {
  const prefix = name.split('_')[0]
  const same = described.findIndex(
    ({ input }, i) => lists[i] !== undefined && input.name.split('_')[0] === prefix,
  )
  return lists[same] ?? lists.find((list) => list !== undefined)
}

function saltInputs(
  graph: OnnxInterface,
  model: ForeignModel,
  options: ImportOptions,
): readonly InputDraft[] {
  const names: Names = { map: options.map, formulas: new Map(), given: options.given }
  const taken = new Set<string>()
  return model.inputs.map((input) => {
    const group = input.ragged ? input.name.split('_')[0] : 'jets'
    const around = {
      prefixes: [`${group}.`, ...(input.ragged ? ['tracks.'] : ['jets.'])],
      suffixes: ['', '_btagJes'],
    }
    const values = input.variables.map(({ name }) => expressionOf(name, names, around, options.place))
    const list = input.ragged ? listOf(values, options.map) : undefined
    if (input.ragged && list === undefined)
      throw invalid(`no variable of ${input.name} runs along a list`, options.place)
    const graphInput = saltInput(graph, input, taken)
    if (graphInput === undefined) throw invalid(`the graph has no input for ${input.name}`, options.place)
    taken.add(graphInput.name)
    return draftOf({ ...input, name: graphInput.name }, values, list, null)
  })
}

/** salt describes `jet_var` and `tracks_…`, and its graphs take `jet_features` and `track_features`. */
function saltInput(
  { inputs }: OnnxInterface,
  { name }: ForeignInput,
  taken: ReadonlySet<string>,
): GraphValue | undefined {
  const free = inputs.filter((one) => !taken.has(one.name))
  const stem = name.split('_')[0].replace(/s$/, '')
  return free.find((one) => one.name === name) ?? free.find((one) => one.name.startsWith(stem)) ?? free[0]
}

function draftOf(
  { name, padMode, layout, variables }: ForeignInput,
  values: readonly string[],
  list: string | undefined,
  length: number | null,
): InputDraft {
  return {
    name,
    ...(list !== undefined && { list, length }),
    pad_mode: padMode ?? 'constant',
    layout,
    variables: variables.map(({ low, high, ...variable }, i) => ({
      ...variable,
      value: values[i],
      low: bound(low),
      high: bound(high),
    })),
  }
}

/** weaver writes 1e32 for no bound. */
const bound = (value: number): number | null => (Math.abs(value) < 1e32 ? value : null)

/** The list along which expressions run. */
function listOf(values: readonly string[], { lists }: SchemaMap): string | undefined {
  const heads = values.flatMap(columnsRead).map((path) => path.split('.')[0])
  return heads.find((head) => Object.hasOwn(lists, head))
}

function shapeOf({ inputs }: OnnxInterface, name: string, place: string): GraphValue['shape'] {
  const found = inputs.find((input) => input.name === name)
  if (found !== undefined) return found.shape
  throw invalid(
    `the graph has no input ${name}; it has ${inputs.map((input) => input.name).join(', ')}`,
    place,
  )
}

function weaverOutput(
  { outputs }: OnnxInterface,
  model: ForeignModel,
  place: string,
): ManifestDraft['outputs'] {
  const [first] = outputs
  if (first === undefined) throw invalid('the graph has no output', place)
  const width = first.shape.at(-1) ?? model.outputs.length
  if (model.outputs.length > 0 && width !== model.outputs.length)
    throw invalid(
      `output ${first.name} has ${width} values, the description names ${model.outputs.length}`,
      place,
    )
  return [{ name: first.name, columns: columnsNamed(model.outputs, first.name, width) }]
}

/** Outputs of one value an item are columns; what has a value per track is left out. */
function saltOutputs({ outputs }: OnnxInterface, place: string): ManifestDraft['outputs'] {
  const kept = outputs.filter(({ shape }) => shape.every((dim) => dim !== null))
  if (kept.length === 0) throw invalid('the graph has no output of fixed size', place)
  return kept.map(({ name, shape }) => {
    const width = shape.reduce<number>((product, dim) => product * (dim ?? 1), 1)
    return { name, columns: columnsNamed(width === 1 ? [name] : [], name, width) }
  })
}

/** Column names out of labels; numbered ones where there are none. */
function columnsNamed(labels: readonly string[], output: string, width: number): string[] {
  const plain = (text: string): string => text.replace(/^(?=\d)/, '_').replace(/\W/g, '_')
  return Array.from({ length: width }, (_, i) => plain(labels[i] ?? `${output}_${i}`))
}

const invalid = (message: string, place: string): SpillwayError =>
  new SpillwayError('MODEL_INVALID', message, { place })
