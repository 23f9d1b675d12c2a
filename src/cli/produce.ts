import { Command, InvalidArgumentError, Option } from 'commander'
import { SpillwayError } from '../errors.js'
import { expandGlobs } from '../ingest/glob.js'
import { openKafka } from '../stream/kafka/index.js'
import type { Compression, KafkaAdmin } from '../stream/kafka/port.js'
import { countRows, type Produced, produceFiles } from '../stream/produce.js'
import { viewOf } from '../stream/sources/file-input.js'
import { brokersOption, configOption, kafkaFrom } from './kafka-options.js'
import { type CommonOptions, jsonOption, setOption, wholeNumber } from './options.js'
import { printJson } from './output.js'
import { openProgress } from './progress.js'
import { columnsOption, mapOption, type ViewOptions } from './view-options.js'

const EXAMPLES = `
Each message is a self-contained Arrow IPC stream of --rows events (the last of a file may be shorter), with the
crc32 of its bytes as a header. The producer is idempotent: a retry neither loses nor doubles a message.
Messages go to the partitions in turn; with --key event, to the partition that the first event's number chooses.

Examples:
  spillway produce events.arrow --topic events --brokers localhost:9092 --create-topic --partitions 4
  spillway produce nano.root --map nanoaod --topic events --brokers localhost:9092
  spillway produce 'data/*.arrow' --topic events --brokers localhost:9092 --rate 20000 --rows 64
  spillway produce events.arrow --topic events --config pipeline.yaml --loop 0     for ever, until Ctrl-C

Exit codes: 0 all published (or stopped by Ctrl-C), 1 your input is wrong, 75 the broker cannot be reached.`

interface Options extends CommonOptions, ViewOptions {
  readonly topic: string
  readonly brokers?: string
  readonly config?: string
  readonly rate?: number
  readonly rows: number
  readonly key: string
  readonly loop: number
  readonly createTopic: boolean
  readonly partitions: number
  readonly compression: Compression
  readonly quiet: boolean
}

export function produceCommand(): Command {
  return new Command('produce')
    .description('publish files of any format to a Kafka topic at a chosen rate')
    .argument('<files...>', 'files of any format (spillway list formats); globs allowed (in quotes)')
    .requiredOption('--topic <name>', 'topic to publish to')
    .addOption(brokersOption())
    .addOption(configOption())
    .addOption(setOption())
    .addOption(mapOption())
    .addOption(columnsOption())
    .option('--rate <events/s>', 'events per second; as fast as possible when absent', positive)
    .option('--rows <n>', 'events of one message', wholeNumber(1), 256)
    .option('--key <column>', 'column whose first value keys a message, or none', 'none')
    .option('--loop <n>', 'send the files so often; 0: for ever', wholeNumber(0), 1)
    .option('--create-topic', 'create the topic unless it is there', false)
    .option('--partitions <n>', 'partitions of a topic that is created', wholeNumber(1), 1)
    .addOption(
      new Option('--compression <codec>', 'compression of the record batches')
        .choices(['none', 'gzip', 'lz4'])
        .default('none'),
    )
    .option('--quiet', 'no progress', false)
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES)
    .action(async (patterns: string[], options: Options) => {
      const done = await produce(patterns, options)
      if (options.json) printJson({ topic: options.topic, ...done, eventsPerSecond: rateOf(done) })
      else process.stdout.write(`${sentence(options.topic, done)}\n`)
    })
}

async function produce(patterns: readonly string[], options: Options): Promise<Produced> {
  const { topic, rate, rows, key, loop, quiet, compression } = options
  const files = expandGlobs(patterns, process.cwd())
  const view = viewOf({ ...options, rows }, process.cwd())
  const total = await countRows(files, view)
  const client = await openKafka(kafkaFrom(options))
  const stop = new AbortController()
  const abort = (): void => stop.abort()
  process.once('SIGINT', abort)
  process.once('SIGTERM', abort)
  const progress = openProgress(topic, loop === 0 || total === null ? null : total * loop, quiet)
  try {
    const partitions = await partitionsOf(client.admin(), options)
    return await produceFiles(client.producer({ compression }), files, {
      view,
      topic,
      partitions,
      rate: rate ?? null,
      rows,
      key: key === 'none' ? null : key,
      loops: loop,
      signal: stop.signal,
      progress: (events) => progress.update(events),
    })
  } finally {
    progress.stop()
    process.removeListener('SIGINT', abort)
    process.removeListener('SIGTERM', abort)
    await client.close()
  }
}

async function partitionsOf(admin: KafkaAdmin, { topic, createTopic, partitions }: Options): Promise<number> {
  if (createTopic && (await admin.create(topic, { partitions }))) return partitions
  const found = await admin.partitions(topic)
  if (found !== null) return found
  throw new SpillwayError('SINK_UNAVAILABLE', `topic ${topic} does not exist`, {
    place: topic,
    remedy: 'Correct the name, or add --create-topic --partitions N.',
  })
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('Write a number above 0.')
  return value
}

const rateOf = ({ events, seconds }: Produced): number => events / Math.max(seconds, 1e-9)

function sentence(topic: string, done: Produced): string {
  const { messages, events, bytes, seconds, lateSeconds } = done
  const late = lateSeconds > 0.1 ? `; up to ${lateSeconds.toFixed(2)} s behind the rate asked for` : ''
  return (
    `${topic}: ${events.toLocaleString('en')} events in ${messages.toLocaleString('en')} messages, ` +
    `${(bytes / 1e6).toFixed(1)} MB, ${seconds.toFixed(2)} s, ${Math.round(rateOf(done)).toLocaleString('en')} events/s${late}`
  )
}
