import { parseDocument } from 'yaml'
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
  /** Path of the column in the file: `Jet_pt`, `jets.pt_btagJes`. */
  branch: z.string().min(1),
  /** Unit in the file; what the file itself declares when absent. */
  from: Unit.optional(),
  /** Unit of the column. */
  unit: Unit.optional(),
  /** Type of the column; as in the file when absent. */
  type: Type.optional(),
  /** Left out where the file has no such branch. */
  optional: z.boolean().default(false),
})
const Entry = z.union([
  z
    .string()
    .min(1)
    .transform((branch) => Source.parse({ branch })),
  Source,
])
const Name = z.string().regex(/^[^\s.]+(\.[^\s.]+)?$/, 'a name, or two joined by a dot')

const SchemaMap = z.strictObject({
  name: z.string().min(1),
  description: z.string().default(''),
  /** Columns of events. */
  columns: z.record(Name, Entry).default({}),
  /** Lists: several branches of equal lengths become one list of records. */
  lists: z.record(z.string().regex(/^[^\s.]+$/), z.record(z.string().regex(/^[^\s.]+$/), Entry)).default({}),
  /** Columns computed from the ones above: `jets.energy: sqrt(jets.mass^2 + …)`. */
  derived: z.record(Name, z.string().min(1)).default({}),
  /** Events that are kept. */
  select: z.string().min(1).optional(),
})

/** How the columns of a file become the columns of events. */
export type SchemaMap = z.infer<typeof SchemaMap>
export type SourceEntry = z.infer<typeof Source>

/** @throws SpillwayError CONFIG_UNREADABLE for bad YAML, CONFIG_INVALID naming the key at fault. */
export function parseSchemaMap(text: string, place: string): SchemaMap {
  const document = parseDocument(text)
  const [fault] = document.errors
  if (fault !== undefined) {
    const line = fault.linePos?.[0].line ?? 1
    throw new SpillwayError('CONFIG_UNREADABLE', fault.message.split('\n')[0], { place: `${place}:${line}` })
  }
  const parsed = SchemaMap.safeParse(document.toJS({ maxAliasCount: 100 }))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const key = issue.path.join('.') || 'the map'
  throw new SpillwayError('CONFIG_INVALID', `${key}: ${issue.message}`, { place })
}
