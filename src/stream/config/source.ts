import { z } from 'zod'

export const Topic = z.string().regex(/^[A-Za-z0-9._-]{1,249}$/, 'a Kafka topic name')
const Paths = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)])

/** Where events come from. */
export const Source = z.union([
  z.strictObject({
    files: Paths.describe(
      'files of any format (docs/formats.md), file.root:tree for a part; globs allowed; read in the order of their names',
    ),
    map: z
      .string()
      .min(1)
      .optional()
      .describe('schema map that makes columns of branches: a name of `spillway list maps`, or a YAML file'),
    columns: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('top-level columns of the files to read; all, or those that the map names, when absent'),
    rows: z
      .int()
      .positive()
      .max(65_536)
      .default(1_024)
      .describe('most events read at once, for files that have no record batches of their own'),
    rate: z
      .number()
      .positive()
      .optional()
      .describe('events per second at most, by whole record batches; as fast as they are scored when absent'),
    repeat: z.int().nonnegative().default(1).describe('how often the files are read; 0: for ever'),
  }),
  z.strictObject({
    topic: Topic.describe('Kafka topic to read'),
    group: z.string().min(1).optional().describe('consumer group; the name of the pipeline when absent'),
    from: z.enum(['earliest', 'latest']).default('earliest').describe('where a new group begins'),
    schema: z.string().optional().describe('a file with the columns of the topic, for `spillway check`'),
  }),
])
