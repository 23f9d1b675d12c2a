import { z } from 'zod'
import { SpillwayError } from '../../errors.js'
import { type ForeignInput, type ForeignModel, plainVariable } from './description.js'

const Variable = z.object({ name: z.string(), offset: z.number().default(0), scale: z.number().default(1) })
const Input = z.object({ name: z.string(), variables: z.array(Variable).min(1) })
const Config = z.object({
  inputs: z.array(Input).default([]),
  input_sequences: z.array(Input).default([]),
  outputs: z.record(z.string(), z.object({ labels: z.array(z.string()).default([]) })).default({}),
})

/** The key of an ONNX file's metadata that holds salt's description. */
export const saltKey = 'gnn_config'

/**
 * salt's description of an exported ONNX file, the metadata property `gnn_config`. Athena applies
 * `(x + offset) · scale`; salt's own exports carry their normalisation inside the graph and leave 0 and 1 there.
 *
 * @throws SpillwayError MODEL_INVALID.
 */
export function parseSaltMetadata(text: string, place: string): ForeignModel {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (cause) {
    throw new SpillwayError('MODEL_INVALID', `${saltKey} is not JSON`, { place, cause })
  }
  const parsed = Config.safeParse(raw)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new SpillwayError('MODEL_INVALID', `${saltKey}: ${issue.path.join('.')}: ${issue.message}`, {
      place,
    })
  }
  const { inputs, input_sequences, outputs } = parsed.data
  if (inputs.length + input_sequences.length === 0)
    throw new SpillwayError('MODEL_INVALID', `${saltKey} names no inputs`, { place })
  const describe =
    (ragged: boolean) =>
    (input: z.infer<typeof Input>): ForeignInput => ({
      name: input.name,
      ragged,
      length: null,
      padMode: 'constant',
      layout: 'features',
      variables: input.variables.map(({ name, offset, scale }) => ({
        ...plainVariable(name),
        subtract: offset === 0 ? 0 : -offset,
        multiply: scale,
      })),
    })
  return {
    framework: 'salt',
    inputs: [...inputs.map(describe(false)), ...input_sequences.map(describe(true))],
    outputs: Object.entries(outputs).flatMap(([name, { labels }]) =>
      labels.map((label) => `${name}_${label}`),
    ),
    derived: new Map(),
  }
}
