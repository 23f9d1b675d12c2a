import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError } from 'commander'
import { SpillwayError } from '../errors.js'
import { expandGlobs } from '../ingest/glob.js'
import { loadPipeline } from '../stream/config/load.js'
import { openKafka } from '../stream/kafka/index.js'
import { kafkaSettings } from '../stream/kafka/settings.js'
import { load } from '../stream/load/load.js'
import { knee, ramp, type Step } from '../stream/load/ramp.js'
import { viewOf } from '../stream/sources/file-input.js'
import { setOption, wholeNumber } from './options.js'
import { printTable } from './output.js'
import { columnsOption, mapOption, type ViewOptions } from './view-options.js'

const EXAMPLES = `
The group runs elsewhere: start its scorers first, one or more. Each rate is held for --hold seconds and begins with
nothing waiting. A rate is kept when at least 95 % of it was sent, p99 of the latency is within --limit seconds, and
at the end no more waits than is sent in --limit seconds. The knee is the highest rate that was kept before the
first that was not; the ramp ends there.

Latency runs from the timestamp of a message to the moment a committed reader has its scores: broker, queue, scoring
and commit. This command takes part of the machine that it runs on.

Examples:
  spillway bench load events.arrow --config pipeline.yaml
  spillway bench load 'data/*.arrow' --config pipeline.yaml --from 2000 --to 200000 --factor 1.5 --hold 30
  spillway bench load events.arrow --config pipeline.yaml --rates 5000,10000,20000 --limit 0.5 --json curve.json

Exit codes: 0 the curve is drawn, 1 your input is wrong or no rate was kept, 75 the broker cannot be reached.`

interface Options extends ViewOptions {
  readonly config: string
  readonly set: readonly string[]
  readonly from: number
  readonly to: number
  readonly factor: number
  readonly rates?: readonly number[]
  readonly hold: number
  readonly limit: number
  readonly rows: number
  readonly json?: string
}

export function benchCommand(): Command {
  return new Command('bench').description('measure a running group').addCommand(loadCommand())
}

function loadCommand(): Command {
  return new Command('load')
    .description('ramp the rate of events to a running group: throughput, latency, lag, and the knee')
    .argument('<files...>', 'files of any format (spillway list formats); globs allowed (in quotes)')
    .requiredOption('--config <pipeline.yaml>', 'pipeline of the group: its topics, name and brokers')
    .addOption(setOption())
    .addOption(mapOption())
    .addOption(columnsOption())
    .option('--from <events/s>', 'first rate', above(0), 1_000)
    .option('--to <events/s>', 'last rate', above(0), 1_000_000)
    .option('--factor <x>', 'each rate is so many times the one before', above(1), 2)
    .option('--rates <a,b,...>', 'these rates, in this order, instead', list)
    .option('--hold <s>', 'how long each rate is held', above(0), 10)
    .option('--limit <s>', 'most p99 latency, and most waiting, of a rate that is kept', above(0), 1)
    .option('--rows <n>', 'events of one message', wholeNumber(1), 256)
    .option('--json <file>', 'write the curve to a file, too')
    .addHelpText('after', EXAMPLES)
    .action(benchLoad)
}

async function benchLoad(patterns: readonly string[], options: Options): Promise<void> {
  const { hold, limit, rows, json } = options
  const pipeline = loadPipeline(options.config, options.set)
  const { source, sink, kafka, name } = pipeline.config
  const place = pipeline.place([])
  if (!('topic' in source) || !('topic' in sink.scores) || kafka === undefined)
    throw new SpillwayError('CONFIG_INVALID', 'the pipeline does not go from topic to topic', { place })
  const rates = options.rates ?? ramp(options.from, options.to, options.factor)
  const files = expandGlobs(patterns, process.cwd())
  const view = viewOf({ ...options, rows }, process.cwd())
  const client = await openKafka(kafkaSettings(kafka, pipeline.folder))
  const stop = new AbortController()
  const abort = (): void => stop.abort()
  process.once('SIGINT', abort)
  process.once('SIGTERM', abort)
  const group = source.group ?? name
  try {
    const steps = await load({
      client,
      topic: source.topic,
      group,
      scores: sink.scores.topic,
      files,
      view,
      rows,
      rates,
      hold,
      limit,
      signal: stop.signal,
      told: (step) => console.error(`${cellsOf(step).join('  ')}`),
    })
    const best = knee(steps)
    print(steps, best, limit)
    if (json !== undefined) {
      const machine = { cores: availableParallelism(), platform: `${process.platform}-${process.arch}` }
      const of = { topic: source.topic, group, rows, hold, limit, machine }
      writeFileSync(json, `${JSON.stringify({ ...of, steps, knee: best?.rate ?? null }, null, 2)}\n`)
    }
    if (best === null && !stop.signal.aborted) process.exitCode = 1
  } finally {
    process.removeListener('SIGINT', abort)
    process.removeListener('SIGTERM', abort)
    await client.close()
  }
}

const HEAD = ['asked events/s', 'sent', 'scored', 'p50 ms', 'p95 ms', 'p99 ms', 'max ms', 'waiting', 'kept']

const count = (value: number): string => Math.round(value).toLocaleString('en')
const ms = (seconds: number): string => (Number.isNaN(seconds) ? '-' : (seconds * 1e3).toFixed(0))

function cellsOf({ rate, sent, scored, latency, lag, problem }: Step): string[] {
  const { p50, p95, p99, max } = latency
  return [rate, sent, scored]
    .map(count)
    .concat([p50, p95, p99, max].map(ms), count(lag), problem === null ? 'yes' : `no: ${problem}`)
}

function print(steps: readonly Step[], best: Step | null, limit: number): void {
  printTable(HEAD, steps.map(cellsOf))
  const rule = `p99 within ${limit} s and no more waiting than is sent in ${limit} s`
  const last = steps.at(-1)
  const text =
    best === null
      ? `no knee: the first rate was not kept (${rule})`
      : last?.problem === null
        ? `no knee up to ${count(best.rate)} events/s: every rate was kept (${rule})`
        : `knee: ${count(best.rate)} events/s, the highest rate that was kept (${rule})`
  process.stdout.write(`${text}\n`)
}

function above(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!(value > least && Number.isFinite(value)))
      throw new InvalidArgumentError(`Write a number above ${least}.`)
    return value
  }
}

const list = (text: string): number[] => text.split(',').map(above(0))
