import { existsSync, mkdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { SpillwayError } from '../errors.js'
import { expandGlobs } from '../ingest/glob.js'
import { type Bundle, readBundle } from '../models/manifest.js'
import { type RunConfig, runSchema } from '../train/config.js'
import { type Evaluation, evaluate } from '../train/evaluate.js'
import type { Recipe } from '../train/recipe.js'
import { digestsOf, runFiles } from '../train/run-folder.js'
import { SPLITS, type Split } from '../train/score-table.js'
import { dataOption, jsonOption } from './options.js'
import { printJson, printTable } from './output.js'
import { recipeOf, runFolder } from './recipe-option.js'
import { openStages } from './train-progress.js'

const EXAMPLES = `
Examples:
  spillway evaluate runs/polarization-regression --data 'holdout/*.arrow'
  spillway evaluate demo/models/lundnet --data demo/data/largeR.arrow --json
  spillway evaluate runs/lundnet --data 'data/*.arrow' --part test --out scores/lundnet.arrow

Writes the scores as an Arrow file, a row an item, and the figures of merit as JSON beside it. Which events are test is
decided by event number, as in training.`

interface Options {
  readonly data: readonly string[]
  readonly out: string
  readonly part?: Split | 'all'
  readonly json: boolean
  readonly quiet: boolean
}

export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description('score labelled Arrow files with a trained bundle and give its figures of merit')
    .argument('<bundle>', 'folder of a bundle, or of a run')
    .addOption(dataOption())
    .option('--out <file>', 'where the scores go', 'evaluation/scores.arrow')
    .addOption(
      new Option(
        '--part <name>',
        'which events: a part of the sample, or all (default: test for files that it was trained on, else all)',
      ).choices([...SPLITS, 'all']),
    )
    .addOption(jsonOption())
    .option('--quiet', 'no progress', false)
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, options: Options, command: Command) => {
      if (options.data.length === 0) command.error("error: option '--data <glob>' is needed")
      const bundle = bundleIn(name)
      const { recipe, config } = await originOf(bundle)
      const out = resolve(options.out)
      mkdirSync(dirname(out), { recursive: true })
      const progress = openStages(options.quiet)
      try {
        const part = options.part ?? (await partOf(bundle, options.data))
        const onProgress = (done: number, of: number): void => progress.update('scoring', done, of)
        const found = await evaluate({ bundle, recipe, config, files: options.data, part, out, onProgress })
        await writeFile(out.replace(/(\.arrow)?$/, '.json'), `${JSON.stringify(found, null, 2)}\n`)
        progress.stop()
        if (options.json) printJson(found)
        else printEvaluation(found, out)
      } finally {
        progress.stop()
      }
    })
}

/** The bundle of a folder, or of the run in it. */
function bundleIn(name: string): Bundle {
  const folder = runFolder(name)
  const inRun = runFiles(folder).bundle
  return readBundle(existsSync(join(inRun, 'manifest.json')) ? inRun : folder)
}

/** What trained a bundle, as its manifest says. @throws SpillwayError MODEL_INVALID when it does not say */
async function originOf({ manifest, origin }: Bundle): Promise<{ recipe: Recipe; config: RunConfig }> {
  const { system, trained } = manifest
  if (system === undefined || trained?.['config'] === undefined) {
    throw new SpillwayError('MODEL_INVALID', `${manifest.name} does not say how it was trained`, {
      place: origin,
      remedy: 'Only what `spillway train` made can be evaluated; score others with `spillway run`.',
    })
  }
  const recipe = await recipeOf(system)
  const parsed = runSchema(recipe).safeParse(trained['config'])
  if (parsed.success) return { recipe, config: parsed.data }
  throw new SpillwayError('MODEL_INVALID', `the configuration of ${manifest.name} is of another release`, {
    place: origin,
    cause: parsed.error,
  })
}

/** `test` where one of the files was trained on: then only those events are new to the model. */
async function partOf({ manifest }: Bundle, files: readonly string[]): Promise<'test' | 'all'> {
  const known = new Set(
    (manifest.trained?.['data'] as { sha256: string }[] | undefined)?.map(({ sha256 }) => sha256),
  )
  const digests = await digestsOf(expandGlobs(files, process.cwd()))
  return digests.some(({ sha256 }) => known.has(sha256)) ? 'test' : 'all'
}

function printEvaluation({ items, part, metrics }: Evaluation, out: string): void {
  printTable(
    ['', part],
    [
      ['items', items.toLocaleString('en')],
      ...Object.entries(metrics).map(([name, value]) => [name, Number(value.toPrecision(5)).toString()]),
    ],
  )
  process.stdout.write(`Scores: ${out}\n`)
}
