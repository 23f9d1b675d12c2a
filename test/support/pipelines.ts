import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { decodeMessage, defaultLimits } from '#spillway/ingest/arrow/index.js'
import type { Column, Events } from '#spillway/ingest/columns.js'
import { type LoadedPipeline, loadPipeline } from '#spillway/stream/config/load.js'
import type { EngineEvents } from '#spillway/stream/engine-events.js'
import { assemble } from '#spillway/stream/run.js'
import { DeadLetterFolder } from '#spillway/stream/sinks/dead-letter-folder.js'
import type { DeadLetter } from '#spillway/stream/sinks/records.js'

/** The root of the project. */
export const root = new URL('../..', import.meta.url).pathname

const folders: string[] = []
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A folder that goes when this process ends. */
export function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-test-'))
  folders.push(folder)
  return folder
}

/** Sections of a pipeline file that a test about other things need not write. */
const PLAIN = `
source: { files: input.arrow }
sink: { scores: { files: scores }, dead_letters: { files: dead-letters } }
workers: { count: 1 }
`

/** Writes a pipeline file into `folder` and loads it. Sections missing in `text` are filled in. */
export function pipelineIn(folder: string, text: string): LoadedPipeline {
  const sections = PLAIN.split('\n').filter((line) => {
    const key = line.split(':')[0]
    return key !== '' && !new RegExp(`^${key}:`, 'm').test(text)
  })
  const name = /^name:/m.test(text) ? '' : 'name: test\n'
  const file = join(folder, 'pipeline.yaml')
  writeFileSync(file, `${name}${text}\n${sections.join('\n')}\n`)
  return loadPipeline(file)
}

/** Runs a pipeline to the end of its input. */
export async function runToEnd(pipeline: LoadedPipeline, events: EngineEvents = {}, worker?: URL) {
  const running = await assemble(pipeline, events, undefined, worker)
  try {
    await running.run()
    return { models: running.models, metrics: await running.metrics.registry.metrics() }
  } finally {
    await running.close()
  }
}

/** Events of every Arrow file of a folder, in the order of their names. */
export function readParts(folder: string): Events[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.arrow'))
    .sort()
    .map((name) => decodeMessage(readFileSync(join(folder, name)), defaultLimits))
}

/** A column over all parts; null where it is not valid. */
export function valuesOf(parts: readonly Events[], path: string): (number | bigint | null)[] {
  return parts.flatMap((events) => cells(events.column(path)))
}

export function cells({ values, valid }: Column): (number | bigint | null)[] {
  return Array.from(values as ArrayLike<number | bigint>, (value, i) =>
    valid !== null && valid[i] === 0 ? null : value,
  )
}

export const readLetters = (folder: string): DeadLetter[] => [...new DeadLetterFolder(folder).read()]

/** A header of a dead letter or record as text. */
export const header = (of: { readonly headers: ReadonlyMap<string, Uint8Array> }, name: string): string =>
  Buffer.from(of.headers.get(name) ?? []).toString()
