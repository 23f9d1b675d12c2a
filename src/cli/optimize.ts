import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { stringify } from 'yaml'
import type { z } from 'zod'
import { SpillwayError } from '../errors.js'
import { optimizationReport } from '../report/optimization-report.js'
import { reportHtml, reportJson } from '../report/report.js'
import { loadYamlOver } from '../stream/config/load.js'
import { type OptimizeConfig, optimizationSchema, presets } from '../train/optimize/config.js'
import { journaled } from '../train/optimize/journal.js'
import { judged } from '../train/optimize/objective.js'
import { cleanUp, type Optimization, optimizationFiles, optimize } from '../train/optimize/optimize.js'
import { localPool } from '../train/optimize/pool-local.js'
import type { TrialJob, TrialPool, TrialResult } from '../train/optimize/trial.js'
import type { Recipe } from '../train/recipe.js'
import { dataOption, setOption, wholeNumber } from './options.js'
import { printTable } from './output.js'
import { defaultRun, recipeOf } from './recipe-option.js'
import { absolute, beneathRun } from './train-config.js'
import { openStages } from './train-progress.js'

const EXAMPLES = `
Hyper-parameters are searched on all inputs, then the least important inputs are eliminated one after another, then
hyper-parameters are searched again, and what came out is cross-validated beside what was started from.

Examples:
  spillway optimize ssww-polarization --set 'run.recipe.classifiers=[ll]'
  spillway optimize ssww-polarization --preset full --data 'ssww*.arrow' --data 'wzjj*.arrow' --out runs/opt
  spillway optimize ssww-polarization --set optimize.elimination.mode=retrain --processes 8
  spillway optimize lundnet --config lundnet-optimize.yaml --queue nats://login1:4222/lundnet
  spillway optimize ssww-polarization --out runs/opt --resume    go on after Ctrl-C, as if nothing had happened
  spillway train ssww-polarization --config runs/opt/best.yaml   train what came out

With --queue the trials are done by "spillway optimize-worker" processes, as many as there are on any number of machines.
The folder then holds optimize.yaml (resolved), journal.jsonl (a line a trial), optimization.json, best.yaml, report.html
and report.json; see docs/optimize.md.`

interface Options {
  readonly config?: string
  readonly preset: 'quick' | 'full'
  readonly set: readonly string[]
  readonly data: readonly string[]
  readonly out?: string
  readonly processes: number
  readonly queue?: string
  readonly credentials?: string
  readonly resume: boolean
  readonly quiet: boolean
}

type Config = z.infer<ReturnType<typeof optimizationSchema<unknown>>>

export function optimizeCommand(): Command {
  return new Command('optimize')
    .description('search hyper-parameters and inputs of a system: search, eliminate, search, cross-validate')
    .argument('<system>', 'what to optimize')
    .addOption(
      new Option('--preset <name>', 'defaults for minutes or for hours')
        .choices(['quick', 'full'])
        .default('quick'),
    )
    .option('--config <file>', 'YAML file with run: and optimize:; what it leaves out comes from the preset')
    .addOption(setOption())
    .addOption(dataOption())
    .option('--out <folder>', 'folder of the optimization (default: runs/<system>-optimize)')
    .addOption(
      new Option('--processes <count>', 'trials at a time on this machine')
        .argParser(wholeNumber(1))
        .default(availableParallelism(), 'as many as there are cores'),
    )
    .option('--queue <url>', 'nats://host:port[/name]: leave the trials to optimize-worker processes')
    .option('--credentials <file>', 'NATS credentials file')
    .option('--resume', 'go on with the optimization in the folder', false)
    .option('--quiet', 'no progress', false)
    .addHelpText('after', EXAMPLES)
    .action(async (system: string, options: Options) => {
      const recipe = await recipeOf(system)
      const folder = resolve(options.out ?? `${defaultRun(system)}-optimize`)
      const config = await prepare(recipe, folder, options)
      const found = await withPool(folder, config, options, (pool, onPhase) =>
        optimize(recipe, config.run, config.optimize, pool, onPhase),
      )
      await writeOut(recipe, folder, found)
      printFound(found, folder)
    })
}

/** The configuration, resolved and written down. @throws SpillwayError OUTPUT_EXISTS */
async function prepare(recipe: Recipe, folder: string, options: Options): Promise<Config> {
  const { config: file } = optimizationFiles(folder)
  if (existsSync(file) && !options.resume) {
    throw new SpillwayError('OUTPUT_EXISTS', `${folder} holds an optimization already`, {
      place: file,
      remedy: 'Give --resume to go on with it, another --out, or remove the folder.',
    })
  }
  const config = options.resume
    ? loadYamlOver(file, [], optimizationSchema(recipe), options.set).config
    : configOf(recipe, options)
  await mkdir(folder, { recursive: true })
  await writeFile(file, stringify(config))
  return config
}

function configOf(recipe: Recipe, options: Options): Config {
  const sets = [
    ...options.set,
    ...(options.data.length > 0
      ? [`run.data.files=${JSON.stringify(options.data.map((path) => resolve(path)))}`]
      : []),
  ]
  const beneath = [
    ...beneathRun(recipe, options.preset).map((run) => ({ run })),
    { optimize: recipe.optimize ?? {} },
    { optimize: presets[options.preset] },
  ]
  const { config, folder } = loadYamlOver(options.config ?? null, beneath, optimizationSchema(recipe), sets)
  return { ...config, run: absolute(config.run, folder) }
}

/** Runs with a pool of trials, journal and progress around it. */
async function withPool(
  folder: string,
  config: Config,
  { processes, queue, credentials, quiet }: Options,
  work: (pool: TrialPool, onPhase: (phase: string) => void) => Promise<Optimization>,
): Promise<Optimization> {
  const files = optimizationFiles(folder)
  const progress = openStages(quiet)
  let done = 0
  const onTrial = (job: TrialJob, result: TrialResult, isNew: boolean): void => {
    done++
    if (isNew) progress.note(line(done, job, result, config.optimize))
  }
  const inner =
    queue === undefined
      ? localPool({
          script: new URL('./trial-process.js', import.meta.url),
          processes,
          folderOf: (training) => join(files.trials, training),
        })
      : await queued(queue, credentials, (trials) =>
          progress.note(
            `${trials} ${trials === 1 ? 'trial waits' : 'trials wait'} and no worker is there: ` +
              `spillway optimize-worker --queue ${queue}`,
          ),
        )
  try {
    const pool = await journaled(files.journal, inner, onTrial)
    const found = await work(pool, (phase) => progress.note(`${phase} …`))
    await cleanUp(folder)
    return found
  } finally {
    progress.stop()
    await inner.close()
  }
}

async function queued(
  queue: string,
  credentials: string | undefined,
  onNobody: (trials: number) => void,
): Promise<TrialPool> {
  // Loaded only here: one machine needs no NATS client.
  const [{ queuePool }, { parseQueue }] = await Promise.all([
    import('../train/optimize/pool-queue.js'),
    import('../train/optimize/queue.js'),
  ])
  return queuePool(parseQueue(queue, credentials), { onNobody })
}

function line(
  done: number,
  { lineage, epochs }: TrialJob,
  result: TrialResult,
  config: OptimizeConfig,
): string {
  const { value, train, accepted } = judged(result, config)
  const { metric } = config.objective
  const what = result.failed ?? `${metric} ${value.toPrecision(5)}, training ${train.toPrecision(5)}`
  return `trial ${done} (${lineage}, ${epochs} epochs): ${what}${accepted ? '' : ', does not count'}`
}

async function writeOut(recipe: Recipe, folder: string, found: Optimization): Promise<void> {
  const files = optimizationFiles(folder)
  const report = optimizationReport(recipe.title, found)
  await writeFile(files.result, `${JSON.stringify(found, null, 2)}\n`)
  await writeFile(files.best, stringify(found.best))
  await writeFile(files.report, await reportHtml(report))
  await writeFile(files.reportJson, reportJson(report, { ...found }))
}

function printFound({ elimination, crossValidation, objective, system }: Optimization, folder: string): void {
  const { iterations, chosen } = elimination
  const files = optimizationFiles(folder)
  printTable(
    ['', `${objective.metric}, train`, 'validation', 'test'],
    crossValidation.map(({ name, train, validation, test }) => [
      name === 'start' ? 'started from' : 'optimized',
      ...[train, validation, test].map(
        ({ mean, deviation }) => `${mean.toFixed(4)} ± ${deviation.toFixed(4)}`,
      ),
    ]),
  )
  if (chosen >= 0) {
    const { inputs } = iterations[chosen]
    process.stdout.write(`Inputs: ${inputs.length} of ${iterations[0].inputs.length}: ${inputs.join(', ')}\n`)
  }
  process.stdout.write(`Report: ${files.report}\nTrain it: spillway train ${system} --config ${files.best}\n`)
}
