import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { SpillwayError } from '../../errors.js'
import { unitNames } from './units.js'

const Type = z.enum([
  'float32',
  'float64',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'bool',
])
const Unit = z
  .string()
  .refine((name) => unitNames.includes(name), { error: `not one of ${unitNames.join(', ')}` })

const Source = z.strictObject({
  branch: z.string().min(1).describe('path of the column in the file: Jet_pt, jets.pt_btagJes'),
  from: Unit.optional().describe('unit in the file; what the file itself declares when absent'),
  unit: Unit.optional().describe('unit of the column'),
  type: Type.optional().describe('type of the column; as in the file when absent'),
  optional: z.boolean().default(false).describe('left out where the file has no such branch'),
})
const Entry = z.union([
  z
    .string()
    .min(1)
    .transform((branch) => Source.parse({ branch })),
  Source,
])
const Formula = z.strictObject({
  is: z.string().min(1).describe('expression over the columns above it'),
  unit: Unit.optional().describe('unit of the column'),
  type: z.enum(['float32', 'float64']).default('float32').describe('type of a number'),
})
const Derived = z.union([
  z
    .string()
    .min(1)
    .transform((is) => Formula.parse({ is })),
  Formula,
])
const Name = z.string().regex(/^[^\s.]+(\.[^\s.]+)?$/, 'a name, or two joined by a dot')
const Plain = z.string().regex(/^[^\s.]+$/, 'a name without dots')

/** The map file, key by key. */
export const SchemaMapSchema = z.strictObject({
  name: z.string().min(1).describe('for messages and the metadata of the output'),
  description: z.string().default('').describe('for people'),
  columns: z
    .record(Name, Entry)
    .default({})
    .describe('columns of events: path, and the branch it comes from'),
  lists: z
    .record(Plain, z.record(Plain, Entry))
    .default({})
    .describe('lists: several branches of equal lengths become one list of records'),
  derived: z
    .record(Name, Derived)
    .default({})
    .describe('columns computed from the ones above, in order: an expression, or is, unit and type'),
  select: z.string().min(1).optional().describe('condition: only events that pass are kept'),
})

export type SourceEntry = z.infer<typeof Source>
export type DerivedEntry = z.infer<typeof Formula>

/** How the columns of a file become the columns of events. */
export interface SchemaMap extends z.infer<typeof SchemaMapSchema> {
  /** The YAML it was read from. */
  readonly text: string
  /** `file:line` of a key: `['lists', 'jets', 'pt']`. */
  readonly place: (keys: readonly string[]) => string
}

/** @throws SpillwayError CONFIG_UNREADABLE for bad YAML, CONFIG_INVALID naming the key at fault, with its line. */
export function parseSchemaMap(text: string, file: string): SchemaMap {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const at = (offset: number): string => `${file}:${lines.linePos(offset).line}`
  const [fault] = document.errors
  if (fault !== undefined)
    throw new SpillwayError('CONFIG_UNREADABLE', fault.message.split('\n')[0], { place: at(fault.pos[0]) })
  const place = (keys: readonly PropertyKey[]): string => {
    for (let depth = keys.length; depth > 0; depth--) {
      const node = document.getIn(keys.slice(0, depth), true) as { range?: readonly number[] } | undefined
      if (node?.range) return at(node.range[0])
    }
    return file
  }
  const parsed = SchemaMapSchema.safeParse(document.toJS({ maxAliasCount: 100 }))
  if (parsed.success) return { ...parsed.data, text, place }
  const issue = parsed.error.issues[0]
  const keys = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]] : issue.path
  throw new SpillwayError('CONFIG_INVALID', `${keys.join('.') || 'the map'}: ${issue.message}`, {
    place: place(keys),
    remedy: 'docs/formats.md lists the keys of a schema map.',
  })
}
