import { Command, InvalidArgumentError, Option } from 'commander'
import { z } from 'zod'
import { PipelineSchema } from '../stream/config/schema.js'
import { type SkeletonKind, skeleton } from '../stream/config/skeleton.js'
import { printJson } from './output.js'

const EXAMPLES = `
Examples:
  spillway create z-tagger > z-tagger.yaml
  spillway create z-tagger --kafka > z-tagger.yaml
  spillway create --schema > pipeline.schema.json      a JSON schema, for editors`

interface Options {
  readonly kafka: boolean
  readonly schema: boolean
}

export function createCommand(): Command {
  return new Command('create')
    .description('print a commented pipeline file to begin with')
    .argument('[name]', 'name of the pipeline', nameOf, 'my-pipeline')
    .option('--files', 'from files to files (the default)')
    .addOption(new Option('--kafka', 'from topic to topics').default(false).conflicts('files'))
    .option('--schema', 'print the JSON schema of pipeline files instead', false)
    .addHelpText('after', EXAMPLES)
    .action((name: string, { kafka, schema }: Options) => {
      if (schema) return printJson(z.toJSONSchema(PipelineSchema, { io: 'input', unrepresentable: 'any' }))
      const kind: SkeletonKind = kafka ? 'kafka' : 'files'
      process.stdout.write(skeleton(name, kind))
    })
}

function nameOf(text: string): string {
  const parsed = PipelineSchema.shape.name.safeParse(text)
  if (parsed.success) return parsed.data
  throw new InvalidArgumentError(`A name is ${parsed.error.issues[0].message}.`)
}
