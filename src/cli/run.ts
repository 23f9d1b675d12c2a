import { Command } from 'commander'
import { loadPipeline } from '../stream/config/load.js'
import { createTopics } from '../stream/topics.js'
import { setOption } from './options.js'
import { runPipeline } from './run-pipeline.js'
import { printSummary } from './summary.js'

const EXAMPLES = `
Examples:
  spillway run pipeline.yaml
  spillway run pipeline.yaml --set workers.count=4 --set sink.commit.interval_ms=50
  spillway run pipeline.yaml --fresh        begin anew instead of going on where a killed run stopped
  spillway run pipeline.yaml --create-topics`

interface Options {
  readonly set: readonly string[]
  readonly fresh: boolean
  readonly createTopics: boolean
  readonly quiet: boolean
}

export function runCommand(): Command {
  return new Command('run')
    .description('stream events from source to sink until the input ends or SIGTERM / Ctrl-C')
    .argument('<pipeline>', 'pipeline file (YAML)')
    .addOption(setOption())
    .option('--fresh', 'forget an unfinished run into the same folders', false)
    .option('--create-topics', 'create output topics that are not there, as wide as the source topic', false)
    .option('--quiet', 'no progress bar', false)
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, options: Options) => {
      const pipeline = loadPipeline(file, options.set)
      if (options.createTopics) {
        for (const topic of await createTopics(pipeline)) console.error(`created topic ${topic}`)
      }
      const summary = await runPipeline(pipeline, { quiet: options.quiet, fresh: options.fresh })
      printSummary([summary])
    })
}
