import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import { loadYamlOver } from '../stream/config/load.js'
import { type RunConfig, runSchema } from '../train/config.js'
import type { EpochRecord } from '../train/fit/index.js'
import type { Recipe } from '../train/recipe.js'
import { train } from '../train/run.js'
import { type RunResult, runFiles } from '../train/run-folder.js'
import { dataOption, setOption } from './options.js'
import { printTable } from './output.js'
import { defaultRun, recipeOf } from './recipe-option.js'
import { absolute, beneathRun } from './train-config.js'
import { openStages, type StageProgress } from './train-progress.js'

const EXAMPLES = `
Systems: polarization-regression, ssww-polarization, h4l-classifier, lundnet, phase-space-reweighting. Each brings presets, and a small sample in demo/data.

Examples:
  spillway train polarization-regression
  spillway train polarization-regression --preset full --data 'data/zj_lo*.arrow' --out runs/zj
  spillway train h4l-classifier --set recipe.network.kind=rnn --out runs/h4l-rnn
  spillway train lundnet --config lundnet.yaml --set fit.epochs=40
  spillway train lundnet --out runs/lundnet --resume       go on after Ctrl-C, as if nothing had happened

The folder then holds config.yaml (resolved), log.jsonl, checkpoint.bin, bundle/ (the model, proved), scores.arrow and
result.json; see docs/training.md.`

interface Options {
  readonly config?: string
  readonly preset: 'quick' | 'full'
  readonly set: readonly string[]
  readonly data: readonly string[]
  readonly out?: string
  readonly executor?: string
  readonly resume: boolean
  readonly quiet: boolean
}

export function trainCommand(): Command {
  return new Command('train')
    .description('train a model of a physics system on Arrow files and prove the bundle it makes')
    .argument('<system>', 'what to train')
    .addOption(
      new Option('--preset <name>', 'defaults for minutes or for an hour')
        .choices(['quick', 'full'])
        .default('quick'),
    )
    .option('--config <file>', 'YAML file of the run; what it leaves out comes from the preset')
    .addOption(setOption())
    .addOption(dataOption())
    .option('--out <folder>', 'folder of the run (default: runs/<system>)')
    .addOption(
      new Option('--executor <kind>', 'what computes').choices([
        'onnx',
        'tfjs',
        'tfjs-node',
        'tfjs-node-gpu',
      ]),
    )
    .option('--resume', 'go on with the run in the folder', false)
    .option('--quiet', 'no progress', false)
    .addHelpText('after', EXAMPLES)
    .action(async (system: string, options: Options) => {
      const recipe = await recipeOf(system)
      const folder = resolve(options.out ?? defaultRun(system))
      const { config, from } = configOf(recipe, folder, options)
      const progress = openStages(options.quiet)
      const stop = new AbortController()
      const interrupt = (): void => stop.abort()
      process.once('SIGINT', interrupt)
      process.once('SIGTERM', interrupt)
      try {
        const { result } = await train({
          recipe,
          config,
          folder,
          from,
          resume: options.resume,
          signal: stop.signal,
          ...reporting(progress),
        })
        progress.stop()
        if (result === null) {
          const again = `spillway train ${system} --out ${folder} --resume`
          process.stdout.write(`Interrupted; the checkpoint is saved. Go on with: ${again}\n`)
        } else printResult(result, folder)
      } finally {
        progress.stop()
        process.removeListener('SIGINT', interrupt)
        process.removeListener('SIGTERM', interrupt)
      }
    })
}

/** The configuration, and the folder that its relative paths start from. */
function configOf(recipe: Recipe, folder: string, options: Options): { config: RunConfig; from: string } {
  const sets = [
    ...options.set,
    // A shell's paths start from where the shell is, not from the file of --config.
    ...(options.data.length > 0
      ? [`data.files=${JSON.stringify(options.data.map((path) => resolve(path)))}`]
      : []),
    ...(options.executor === undefined ? [] : [`executor.kind=${options.executor}`]),
  ]
  const schema = runSchema(recipe)
  if (options.resume) {
    const { config } = loadYamlOver(runFiles(folder).config, [], schema, sets)
    return { config, from: process.cwd() }
  }
  const beneath = beneathRun(recipe, options.preset)
  const { config, folder: from } = loadYamlOver(options.config ?? null, beneath, schema, sets)
  return { config: absolute(config, from), from }
}

function reporting(progress: StageProgress) {
  return {
    onProgress: (stage: string, done: number, of: number, loss?: number) =>
      progress.update(stage, done, of, loss === undefined ? '' : `loss ${loss.toPrecision(4)}`),
    onEpoch: ({ epoch, trainLoss, validation }: EpochRecord) =>
      progress.note(
        `epoch ${epoch + 1}: training loss ${trainLoss.toPrecision(4)}, validation ${validation['loss'].toPrecision(4)}`,
      ),
  }
}

function printResult(result: RunResult, folder: string): void {
  const { metrics, counts } = result
  const names = Object.keys(metrics.validation)
  const say = (value: number | undefined): string =>
    value === undefined ? '-' : Number(value.toPrecision(5)).toString()
  printTable(
    ['', 'train', 'validation', 'test'],
    [
      [
        'items',
        ...(['train', 'validation', 'test'] as const).map((part) => counts.parts[part].toLocaleString('en')),
      ],
      ...names.map((name) => [
        name,
        say(metrics.train[name]),
        say(metrics.validation[name]),
        say(metrics.test[name]),
      ]),
    ],
  )
  const { bundle } = runFiles(folder)
  process.stdout.write(
    `Best epoch ${result.bestEpoch + 1} of ${result.history.length}, ${result.seconds.all.toFixed(0)} s.\n`,
  )
  process.stdout.write(`Bundle: ${bundle}\nFigures: spillway report ${folder}\n`)
}
