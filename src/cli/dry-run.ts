import { Command } from 'commander'
import { asSpillwayError } from '../errors.js'
import { type DryRunReport, dryRun, type ScoredMessage } from '../stream/dry-run.js'
import { firstRows } from './cells.js'
import { exitCodeOf, printError } from './errors.js'
import { type CommonOptions, jsonOption, setOption, wholeNumber } from './options.js'
import { printJson, printTable, problemJson } from './output.js'

const EXAMPLES = `
After everything that check does: connects to Kafka and NATS, looks for topics and folders, loads every model on
its own provider and compares its probe (real events with the trainer's answers) within the manifest's tolerance,
and scores one real message: the first events of the files, or the newest message of the topic.
Commits nothing, writes nothing.

Examples:
  spillway dry-run pipeline.yaml
  spillway dry-run pipeline.yaml --set steps.0.provider=cuda
  spillway dry-run pipeline.yaml --rows 20

Exit codes: 0 all well, 1 something is wrong, 75 a server cannot be reached (try again later).`

interface Options extends CommonOptions {
  readonly rows: number
}

export function dryRunCommand(): Command {
  return new Command('dry-run')
    .description('connect, prove the models and score one message; commit nothing')
    .argument('<pipeline>', 'pipeline file (YAML)')
    .addOption(setOption())
    .option('--rows <n>', 'events of the result to show', wholeNumber(1), 5)
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, { set, json, rows }: Options) => {
      try {
        const report = await dryRun(file, set, (line) => console.error(line))
        if (json) printJson(reportJson(report, rows))
        else printReport(report, rows)
        if (report.message !== null && report.message.events === 0) process.exitCode = 1
      } catch (error) {
        const problems = error instanceof AggregateError ? error.errors : [error]
        if (json)
          printJson({
            ok: false,
            problems: problems.map((one) => problemJson(asSpillwayError(one, 'INTERNAL'))),
          })
        for (const problem of problems) printError(problem)
        process.exitCode = problems.every((problem) => exitCodeOf(problem) === 75) ? 75 : 1
      }
    })
}

function printReport({ models, message }: DryRunReport, rows: number): void {
  printTable(
    ['step', 'model', 'provider', 'load', 'probe: worst difference', 'allowed'],
    models.map(({ step, model, provider, loadSeconds, probe }) => [
      step,
      model,
      provider,
      `${(loadSeconds * 1e3).toFixed(0)} ms`,
      probe === null ? 'no probe' : `${probe.worst.difference.toPrecision(3)} (${probe.worst.column})`,
      probe === null ? '' : probe.worst.allowed.toPrecision(3),
    ]),
  )
  for (const { step, fallbacks } of models) {
    for (const why of fallbacks) console.error(`WARNING: step ${step} fell back to the CPU: ${why}`)
  }
  if (message === null) {
    process.stdout.write('the source holds no message to score\n')
    return
  }
  const { place, events, rejects, scores } = message
  if (scores !== null) {
    const paths = scores.schema.columns.map(({ path }) => path)
    printTable(paths, firstRows(scores, paths, rows))
  }
  for (const { code, message: why, row } of rejects.slice(0, rows)) {
    console.error(`${code}: ${why}${row === null ? '' : ` (event ${row})`}`)
  }
  process.stdout.write(
    `${place}: ${events} events scored, ${rejects.length} rejected; nothing was committed\n`,
  )
}

function reportJson({ reached, models, message }: DryRunReport, rows: number) {
  return {
    ok: message === null || message.events > 0,
    reached,
    models,
    message: message && messageJson(message, rows),
  }
}

function messageJson({ place, events, scores, rejects }: ScoredMessage, rows: number) {
  const paths = scores?.schema.columns.map(({ path }) => path) ?? []
  const first = scores === null ? [] : firstRows(scores, paths, rows)
  return { place, events, rejects: rejects.map(({ value: _, ...why }) => why), columns: paths, first }
}
