import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { SpillwayError } from '../errors.js'
import { decodeMessage, defaultLimits } from '../ingest/arrow/index.js'
import { type LoadedPipeline, loadPipeline } from '../stream/config/load.js'
import {
  byteOf,
  countByCode,
  hexdump,
  letterInfo,
  removeLetters,
  replayToFolder,
  replayToTopic,
  visitLetters,
} from '../stream/dlq.js'
import { openKafka } from '../stream/kafka/index.js'
import type { KafkaClient } from '../stream/kafka/port.js'
import { kafkaSettings } from '../stream/kafka/settings.js'
import type { DeadLetter } from '../stream/sinks/records.js'
import { type CommonOptions, jsonOption, setOption } from './options.js'
import { printJson, printTable } from './output.js'

const EXAMPLES = `
A dead letter is a message (or one event cut out of it) that could not be scored: its original bytes, key and
headers, with headers spillway.code, .message, .place, .topic, .partition, .offset, .row and .time beside them.

Examples:
  spillway dlq list pipeline.yaml
  spillway dlq show pipeline.yaml 3f9a64c1d2b80e57
  spillway dlq replay pipeline.yaml --code SCHEMA_MISMATCH --dry-run
  spillway dlq replay pipeline.yaml --code SCHEMA_MISMATCH --remove
  spillway dlq replay files.yaml --to replayed/`

export function dlqCommand(): Command {
  return new Command('dlq')
    .description('dead letters of a pipeline: list, show, replay')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(replayCommand())
    .addHelpText('after', EXAMPLES)
}

interface ListOptions extends CommonOptions {
  readonly all: boolean
}

function listCommand(): Command {
  return new Command('list')
    .description('count dead letters by their code')
    .argument('<pipeline>', 'pipeline file (YAML)')
    .option('--all', 'every letter with its id, not only the counts', false)
    .addOption(setOption())
    .addOption(jsonOption())
    .action(async (file: string, { set, json, all }: ListOptions) => {
      const letters = (await withLetters(file, set, async (read) => read())).map(letterInfo)
      if (json) return printJson(all ? letters : countByCode(letters))
      if (letters.length === 0) process.stdout.write('no dead letters\n')
      else if (all) {
        const rows = letters.map(({ id, code, time, place, row, bytes }) => [
          id,
          code,
          time,
          `${place}${row === null ? '' : `, row ${row}`}`,
          String(bytes),
        ])
        printTable(['id', 'code', 'time', 'place', 'bytes'], rows)
      } else {
        const rows = countByCode(letters).map(({ code, count, newest }) => [code, String(count), newest])
        printTable(['code', 'count', 'newest'], rows)
      }
    })
}

interface ShowOptions extends CommonOptions {
  readonly out?: string
}

function showCommand(): Command {
  return new Command('show')
    .description('headers of a dead letter, and its columns or the bytes around the fault')
    .argument('<pipeline>', 'pipeline file (YAML)')
    .argument('<id>', 'id of the letter (dlq list --all)')
    .option('--out <file>', 'write the original bytes to a file')
    .addOption(setOption())
    .addOption(jsonOption())
    .action(async (file: string, id: string, { set, json, out }: ShowOptions) => {
      const letters = await withLetters(file, set, async (read) => read((letter) => letter.id.startsWith(id)))
      const letter = letters.at(-1)
      if (letter === undefined || letters.some((other) => other.id !== letter.id)) {
        const count = new Set(letters.map((one) => one.id)).size
        throw new SpillwayError('CONFIG_INVALID', `${count} dead letters have an id that begins with ${id}`, {
          place: file,
          remedy: 'Take an id from `spillway dlq list PIPELINE --all`.',
        })
      }
      if (out !== undefined) writeFileSync(out, letter.value ?? new Uint8Array())
      if (json) printJson({ ...letterInfo(letter), headers: headersText(letter) })
      else show(letter)
    })
}

const headersText = ({ headers }: DeadLetter): Record<string, string> =>
  Object.fromEntries([...headers].map(([name, bytes]) => [name, Buffer.from(bytes).toString('utf8')]))

function show(letter: DeadLetter): void {
  const { value, key } = letter
  printTable(['header', 'value'], Object.entries(headersText(letter)), [24, 86])
  const keyText = key === null ? 'no key' : `key ${Buffer.from(key).toString('utf8')}`
  process.stdout.write(`${letter.id}: ${value === null ? 'no value' : `${value.length} bytes`}, ${keyText}\n`)
  if (value === null) return
  try {
    const events = decodeMessage(value, defaultLimits)
    const rows = events.schema.columns.map(({ path, axis, type, unit }) => [
      path,
      axis || 'event',
      type,
      unit ?? '',
    ])
    printTable(['column', 'per', 'type', 'unit'], rows)
    process.stdout.write(`${events.rows} events\n`)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const place = error instanceof SpillwayError ? (error.place ?? '') : ''
    process.stdout.write(`not readable as Arrow: ${why} (${place})\n`)
    for (const line of hexdump(value, byteOf(place))) process.stdout.write(`${line}\n`)
  }
}

interface ReplayOptions extends CommonOptions {
  readonly code?: string
  readonly id?: string
  readonly to?: string
  readonly dryRun: boolean
  readonly remove: boolean
}

function replayCommand(): Command {
  return new Command('replay')
    .description('send dead letters back, byte for byte: to the source topic, or as .arrow files to a folder')
    .argument('<pipeline>', 'pipeline file (YAML)')
    .option('--code <code>', 'only letters with this code')
    .option('--id <id>', 'only this letter')
    .option('--to <folder>', 'write .arrow files here (needed when the source is files)')
    .option('--dry-run', 'only say what would be sent', false)
    .option('--remove', 'remove letters from the dead-letter folder once they are sent', false)
    .addOption(setOption())
    .addOption(jsonOption())
    .action(async (file: string, options: ReplayOptions) => {
      const wanted = (letter: DeadLetter): boolean =>
        (options.code === undefined || letterInfo(letter).code === options.code) &&
        (options.id === undefined || letter.id.startsWith(options.id))
      const report = await withLetters(file, options.set, async (read, pipeline, client) => {
        const letters = await read(wanted)
        const target = options.dryRun
          ? targetOf(pipeline, options)
          : await replay(letters, pipeline, client, options)
        return { target, letters: letters.map(letterInfo) }
      })
      if (options.json) return printJson({ dryRun: options.dryRun, ...report })
      const { target, letters } = report
      const rows = countByCode(letters).map(({ code, count, newest }) => [code, String(count), newest])
      printTable(['code', 'count', 'newest'], rows)
      const verb = options.dryRun ? 'would go' : 'sent'
      process.stdout.write(`${letters.length} dead letters ${verb} to ${target}\n`)
    })
}

function targetOf({ config, file, place }: LoadedPipeline, { to }: ReplayOptions): string {
  if (to !== undefined) return `folder ${to}`
  if ('topic' in config.source) return `topic ${config.source.topic}`
  throw new SpillwayError('CONFIG_INVALID', 'the source is files: a folder to replay to is needed', {
    place: place(['source']),
    remedy: `Add --to FOLDER, then run ${file} with --set source.files=FOLDER/*.arrow.`,
  })
}

async function replay(
  letters: readonly DeadLetter[],
  pipeline: LoadedPipeline,
  client: KafkaClient | null,
  options: ReplayOptions,
): Promise<string> {
  const { config, folder } = pipeline
  const target = targetOf(pipeline, options)
  const { dead_letters } = config.sink
  if (options.remove && !('files' in dead_letters)) {
    throw new SpillwayError('CONFIG_INVALID', 'dead letters of a topic cannot be removed', {
      place: pipeline.place(['sink', 'dead_letters']),
      remedy: 'Leave --remove out; retention removes them.',
    })
  }
  const replayed = options.to === undefined ? letters : letters.filter(({ value }) => value !== null)
  if (options.to !== undefined) replayToFolder(replayed, resolve(options.to))
  else if ('topic' in config.source) await replayToTopic(client!, letters, config.source.topic)
  if (options.remove && 'files' in dead_letters) removeLetters(replayed, resolve(folder, dead_letters.files))
  return target
}

type Read = (wanted?: (letter: DeadLetter) => boolean) => Promise<DeadLetter[]>

/** Opens what a pipeline's dead letters need, and closes it. */
async function withLetters<T>(
  file: string,
  set: readonly string[],
  work: (read: Read, pipeline: LoadedPipeline, client: KafkaClient | null) => Promise<T>,
): Promise<T> {
  const pipeline = loadPipeline(file, set)
  const { kafka } = pipeline.config
  const client = kafka === undefined ? null : await openKafka(kafkaSettings(kafka, pipeline.folder))
  try {
    const read: Read = async (wanted = () => true) => {
      const letters: DeadLetter[] = []
      await visitLetters(pipeline, client, (letter) => {
        if (wanted(letter)) letters.push(letter)
      })
      return letters
    }
    return await work(read, pipeline, client)
  } finally {
    await client?.close()
  }
}
