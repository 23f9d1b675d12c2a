import { resolve } from 'node:path'
import { SpillwayError } from '../../errors.js'
import { ArrowFile, decodeMessage, defaultLimits, encodeSubset } from '../../ingest/arrow/index.js'
import { expandGlobs } from '../../ingest/glob.js'
import { checkModels } from '../check/models.js'
import { type Loaded, type LoadedPipeline, loadPipeline, loadYaml } from '../config/load.js'
import { isModelStep, isRegistryStep } from '../config/schema.js'
import { Processor } from '../processor.js'
import { firstPiece, PLAIN_VIEW, viewOf } from '../sources/file-input.js'
import { firstLineUp, lineUpOfPaths } from '../steps.js'
import type { LineUpOffer, Outcome } from '../work.js'
import { columnOf, type Difference, differences, type Fate } from './compare.js'
import { messageOf } from './rows.js'
import { type PipelineTest, PipelineTestSchema, type TestCase } from './schema.js'

/** An event that is not as expected. */
export interface Failure extends Difference {
  readonly event: number
  /** `file:line` of the expectation. */
  readonly place: string
}

export interface CaseResult {
  readonly name: string
  readonly place: string
  readonly events: number
  readonly failures: readonly Failure[]
}

/** `zjets.yaml` → `zjets.test.yaml`. */
export const testFileOf = (pipeline: string): string => `${pipeline.replace(/\.ya?ml$/, '')}.test.yaml`

/**
 * Runs the unit tests beside a pipeline: each case's events go through the pipeline's own steps, nothing is written.
 * @throws SpillwayError what is wrong with either file, with the line; a wrong result is not thrown but given.
 */
export async function testPipeline(file: string, sets: readonly string[] = []): Promise<CaseResult[]> {
  const pipeline = loadPipeline(file, sets)
  const tests = loadYaml(testFileOf(file), PipelineTestSchema)
  const processors = new Map<string, Processor>()
  const offer = await lineUpOf(pipeline)
  const results: CaseResult[] = []
  for (const [index, one] of tests.config.cases.entries()) {
    const columns = extraColumns(pipeline, one)
    const key = columns.join('\n')
    let processor = processors.get(key)
    if (processor === undefined) {
      const { config, folder } = pipeline
      const own = { ...config, sink: { ...config.sink, columns } }
      processor = await Processor.create(own, folder, undefined, [offer])
      processors.set(key, processor)
    }
    const fates = await run(processor, await messagesOf(pipeline, tests, one, index))
    const failures = one.expect.flatMap((expected, event) =>
      differences(expected, fates[event], one.tolerance).map((difference) => ({
        ...difference,
        event,
        place: tests.place(['cases', index, 'expect', event, difference.key]),
      })),
    )
    const place = tests.place(['cases', index])
    results.push({ name: one.name, place, events: one.expect.length, failures })
  }
  return results
}

/** The models as a run would begin with them: those of a registry are fetched and proved. */
async function lineUpOf(pipeline: LoadedPipeline): Promise<LineUpOffer> {
  const { config, folder } = pipeline
  if (!config.steps.some(isRegistryStep)) return lineUpOfPaths(config, folder)
  const checked = await checkModels(pipeline, { ownProvider: true, probe: true, connect: true })
  for (const { problem } of checked.values()) if (problem !== null) throw problem
  return firstLineUp(new Map([...checked].map(([step, { bundle }]) => [step, bundle!])))
}

/** Source columns that a case expects: the others need not be in its events. */
function extraColumns({ config }: LoadedPipeline, { expect }: TestCase): string[] {
  const made = config.steps.map((step) => (isModelStep(step) ? `${step.name}.` : 'select.'))
  const wanted = expect.flatMap((one) => ('reject' in one ? [] : Object.keys(one).map(columnOf)))
  return [...new Set(wanted)].filter((path) => !made.some((prefix) => path.startsWith(prefix))).sort()
}

interface TestMessage {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly rows: number
}

async function messagesOf(
  pipeline: LoadedPipeline,
  tests: Loaded<PipelineTest>,
  one: TestCase,
  index: number,
): Promise<TestMessage[]> {
  if (one.events !== undefined) {
    const place = (row: number, key: string) => tests.place(['cases', index, 'events', row, key])
    const bytes = messageOf(one.events, await templateOf(pipeline), place)
    return [{ bytes: Uint8Array.from(bytes), rows: one.events.length }]
  }
  const path = resolve(tests.folder, one.file!)
  const rows = one.rows ?? one.expect.map((_, row) => row)
  const messages: TestMessage[] = []
  await using file = await ArrowFile.open(path)
  let first = 0
  for await (const batch of file.batches()) {
    const chosen = rows.filter((row) => row >= first && row < first + batch.rows).map((row) => row - first)
    if (chosen.length > 0) {
      messages.push({ bytes: Uint8Array.from(encodeSubset(batch.bytes, chosen)), rows: chosen.length })
    }
    first += batch.rows
    if (first > rows.at(-1)!) return messages
  }
  throw new SpillwayError(
    'CONFIG_INVALID',
    `${one.file} has ${first} rows, row ${rows.at(-1)} is asked for`,
    {
      place: tests.place(['cases', index, 'rows']),
    },
  )
}

/** The first events of the source: its types are those of events written down. */
async function templateOf({ config, folder, place }: LoadedPipeline): Promise<Uint8Array> {
  const { source } = config
  const [paths, view] =
    'files' in source
      ? [expandGlobs([source.files].flat(), folder), viewOf(source, folder)]
      : [source.schema === undefined ? [] : [resolve(folder, source.schema)], PLAIN_VIEW]
  if (paths.length === 0) {
    throw new SpillwayError('CONFIG_INVALID', 'the columns of the topic are not known', {
      place: place(['source']),
      remedy: 'Name a file of the topic as source.schema, or test with events of a file.',
    })
  }
  const first = await firstPiece(paths, view)
  if (first?.value) return first.value
  throw new SpillwayError('FILE_UNREADABLE', first?.unread?.message ?? 'the source holds no events', {
    place: first?.unread?.place ?? paths[0],
  })
}

async function run(processor: Processor, messages: readonly TestMessage[]): Promise<Fate[]> {
  const items = messages.map(({ bytes }, index) => ({ value: bytes, place: `message ${index}`, crc32: null }))
  const { outcomes } = await processor.process({ id: 1, items })
  return outcomes.flatMap((outcome, index) => fatesOf(outcome, messages[index].rows))
}

/** What became of each event of a message: rejected ones are missing in the scores. */
function fatesOf({ scores, rejects }: Outcome, rows: number): Fate[] {
  const whole = rejects.find(({ row }) => row === null)
  const events = scores === null ? null : decodeMessage(scores, { ...defaultLimits, maxRatio: 1 << 20 })
  let next = 0
  return Array.from({ length: rows }, (_, row): Fate => {
    const reject = rejects.find((one) => one.row === row) ?? whole
    if (reject !== undefined) return { code: reject.code, message: reject.message }
    return { scores: events!, row: next++ }
  })
}
