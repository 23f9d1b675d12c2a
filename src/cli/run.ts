import { Command } from 'commander'
import { loadPipeline } from '../stream/config/load.js'
import { setOption } from './options.js'
import { runPipeline } from './run-pipeline.js'
import { printSummary } from './summary.js'

const EXAMPLES = `
Examples:
  spillway run pipeline.yaml
  spillway run pipeline.yaml --set workers.count=4 --set sink.commit.interval_ms=50
  spillway run pipeline.yaml --fresh        begin anew instead of going on where a killed run stopped`

export function runCommand(): Command {
  return new Command('run')
    .description('stream events from source to sink until the input ends or SIGTERM / Ctrl-C')
    .argument('<pipeline>', 'pipeline file (YAML)')
    .addOption(setOption())
    .option('--fresh', 'forget an unfinished run into the same folders', false)
    .option('--quiet', 'no progress bar', false)
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, options: { set: string[]; fresh: boolean; quiet: boolean }) => {
      const pipeline = loadPipeline(file, options.set)
      const summary = await runPipeline(pipeline, { quiet: options.quiet, fresh: options.fresh })
      printSummary([summary])
    })
}
