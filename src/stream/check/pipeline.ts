import { resolve } from 'node:path'
import type { SpillwayError } from '../../errors.js'
import type { EventSchema } from '../../ingest/columns.js'
import { misfits } from '../../ingest/event-file.js'
import { expandGlobs } from '../../ingest/glob.js'
import { loadSchemaMap } from '../../ingest/mapping/load.js'
import type { SchemaMap } from '../../ingest/mapping/schema-map.js'
import { type LoadedPipeline, readYaml } from '../config/load.js'
import { brokenRules } from '../config/rules.js'
import { PipelineSchema } from '../config/schema.js'
import { kafkaSettings } from '../kafka/settings.js'
import { type InputView, PLAIN_VIEW, schemaOfInput, viewOf } from '../sources/file-input.js'
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
  const view = 'files' in source ? viewOf(source, folder) : PLAIN_VIEW
  let files: readonly string[] = []
  try {
    if ('files' in source) files = expandGlobs([source.files].flat(), folder)
    else if (source.schema !== undefined) files = [resolve(folder, source.schema)]
    else notes.push('columns are not checked: name a file of the topic as source.schema')
  } catch (error) {
    problems.push(at(error, place(['source', 'files'])))
  }
  const about = (key: string) => place(['source', 'files' in source ? key : 'schema'])
  const map = await readMap(view, about('map'), problems)
  if (view.map !== null && map === null) return []
  const misfit = new Set<string>()
  for (const file of files) {
    try {
      const wrong =
        map === null ? [] : await misfits(file, { map, ...(view.columns && { columns: view.columns }) })
      for (const problem of wrong) {
        // Many files that lack one branch are one mistake of the map.
        const key = problem.place ?? problem.message
        if (!misfit.has(key)) problems.push(at(problem, about('map')))
        misfit.add(key)
      }
      if (wrong.length > 0) continue
      const schema = await schemaOfInput(file, view)
      const key = JSON.stringify([schema.columns, schema.axes])
      if (!found.has(key)) found.set(key, { file, schema })
    } catch (error) {
      problems.push(at(error, about('files')))
    }
  }
  return [...found.values()]
}

async function readMap(
  { map, folder }: InputView,
  where: string,
  problems: SpillwayError[],
): Promise<SchemaMap | null> {
  try {
    return map === null ? null : await loadSchemaMap(map, folder)
  } catch (error) {
    problems.push(at(error, where))
    return null
  }
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
