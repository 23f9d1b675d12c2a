import { resolve } from 'node:path'
import type { SpillwayError } from '../../errors.js'
import { schemaOfFile } from '../../ingest/arrow/index.js'
import type { EventSchema } from '../../ingest/columns.js'
import { expandGlobs } from '../../ingest/glob.js'
import { type LoadedPipeline, readYaml } from '../config/load.js'
import { brokenRules } from '../config/rules.js'
import { PipelineSchema } from '../config/schema.js'
import { kafkaSettings } from '../kafka/settings.js'
import { checkColumns, parseExpressions } from './columns.js'
import { type CheckedModel, checkModels } from './models.js'
import { at, byLine, type CheckReport, type StepReport } from './report.js'

/** Schemas of the source, each with the first file that has it; none when nothing is known. */
type SourceSchemas = readonly { readonly file: string; readonly schema: EventSchema }[]

/**
 * Lints a pipeline: syntax, keys, environment, rules between keys, models (digests, graph, loading in a process of
 * its own on the CPU), expressions, and the columns that each step reads against those of the source's files or of
 * `source.schema`. Connects to nothing and writes nothing.
 */
export async function checkPipeline(
  file: string,
  sets: readonly string[] = [],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<CheckReport> {
  const { loaded, problems: unreadable } = readYaml(file, PipelineSchema, sets, env)
  if (loaded === null) return { file, pipeline: null, steps: [], problems: unreadable, notes: [] }
  const problems: SpillwayError[] = [...brokenRules(loaded), ...unreadableKeys(loaded)]
  const notes: string[] = []
  const models = await checkModels(loaded)
  problems.push(...[...models.values()].flatMap(({ problem }) => problem ?? []))
  const sources = await schemasOf(loaded, problems, notes)
  const steps = checkSchemas(loaded, models, sources, problems, notes)
  return { file, pipeline: loaded, steps, problems: byLine(problems), notes }
}

function unreadableKeys({ config, folder, place }: LoadedPipeline): SpillwayError[] {
  if (config.kafka === undefined) return []
  try {
    kafkaSettings(config.kafka, folder)
    return []
  } catch (error) {
    return [at(error, place(['kafka', 'ssl']))]
  }
}

async function schemasOf(
  { config, folder, place }: LoadedPipeline,
  problems: SpillwayError[],
  notes: string[],
): Promise<SourceSchemas> {
  const { source } = config
  const found = new Map<string, { file: string; schema: EventSchema }>()
  let files: readonly string[] = []
  try {
    if ('files' in source) files = expandGlobs([source.files].flat(), folder)
    else if (source.schema !== undefined) files = [resolve(folder, source.schema)]
    else notes.push('columns are not checked: name an Arrow file of the topic as source.schema')
  } catch (error) {
    problems.push(at(error, place(['source', 'files'])))
  }
  for (const file of files) {
    try {
      const schema = await schemaOfFile(file)
      const key = JSON.stringify([schema.columns, schema.axes])
      if (!found.has(key)) found.set(key, { file, schema })
    } catch (error) {
      problems.push(at(error, place(['source', 'files' in source ? 'files' : 'schema'])))
    }
  }
  return [...found.values()]
}

function checkSchemas(
  pipeline: LoadedPipeline,
  models: ReadonlyMap<string, CheckedModel>,
  sources: SourceSchemas,
  problems: SpillwayError[],
  notes: string[],
): readonly StepReport[] {
  if (sources.length === 0) {
    problems.push(...parseExpressions(pipeline))
    return []
  }
  const reports = sources.map(({ file, schema }) => ({ file, ...checkColumns(pipeline, models, schema) }))
  const seen = new Set<string>()
  for (const { file, problems: found } of reports) {
    for (const problem of found) {
      const key = `${problem.message}\n${problem.place}`
      if (seen.has(key)) continue
      seen.add(key)
      problems.push(sources.length === 1 ? problem : at(problem, `${problem.place}, events of ${file}`))
    }
  }
  notes.push(...new Set(reports.flatMap((report) => report.notes)))
  return reports[0].steps
}
