import { writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { Command } from 'commander'
import { SpillwayError } from '../errors.js'
import { joinedFolds } from '../report/folds.js'
import { reportHtml, reportJson } from '../report/report.js'
import { type ReportedRun, runReport } from '../report/run-report.js'
import { loadYaml } from '../stream/config/load.js'
import { runSchema } from '../train/config.js'
import type { Recipe } from '../train/recipe.js'
import { type RunResult, readResult, runFiles } from '../train/run-folder.js'
import { readScores } from '../train/score-file.js'
import { wholeNumber } from './options.js'
import { figuresOf, recipeOf, runFolder } from './recipe-option.js'

const EXAMPLES = `
Examples:
  spillway report polarization-regression              the run in runs/polarization-regression
  spillway report runs/mlp runs/transformer            the second beside the first, in the first one's report
  spillway report --folds 2 runs/plain-* runs/flat-*   two trainings of two folds each, their test parts taken together

Writes report.html (a page that stands by itself) and report.json (the same, with the data of every figure) into the
folder of the first run.`

export function reportCommand(): Command {
  return new Command('report')
    .description('draw the figures of a training run, or of several runs of one system side by side')
    .argument('<runs...>', 'folders of runs, or names of systems')
    .option(
      '--folds <k>',
      'every k runs are folds of one training, which together stand for it',
      wholeNumber(1),
      1,
    )
    .addHelpText('after', EXAMPLES)
    .action(async (names: readonly string[], { folds }: { readonly folds: number }) => {
      const folders = names.map(runFolder)
      const results = await Promise.all(folders.map(readResult))
      const [{ system }] = results
      checkSame(system, results, folders)
      const recipe = await recipeOf(system)
      const runs = await Promise.all(folders.map((folder, i) => readRun(recipe, folder, results[i], folders)))
      const whole = folds === 1 ? runs : groupsOf(runs, folds).map((group) => folded(recipe, group))
      const report = runReport(recipe.title, whole, await figuresOf(system), runs)
      const files = runFiles(folders[0])
      const facts = runs.map(({ name, result }) => ({ name, ...result }))
      await writeFile(files.report, await reportHtml(report))
      await writeFile(files.reportJson, reportJson(report, { system, runs: facts }))
      process.stdout.write(`Report: ${files.report}\nThe same as JSON: ${files.reportJson}\n`)
    })
}

/** @throws SpillwayError CONFIG_INVALID where the last group is not whole. */
function groupsOf(runs: readonly ReportedRun[], folds: number): ReportedRun[][] {
  if (runs.length % folds === 0) {
    return Array.from({ length: runs.length / folds }, (_, i) => runs.slice(i * folds, (i + 1) * folds))
  }
  throw new SpillwayError('CONFIG_INVALID', `${runs.length} runs are no groups of ${folds} folds`, {
    place: '--folds',
    remedy: 'Name all folds of the first training, then all of the next.',
  })
}

const folded = (recipe: Recipe, folds: readonly ReportedRun[]): ReportedRun =>
  joinedFolds(recipe.task(folds[0].config.recipe), folds)

function checkSame(system: string, results: readonly RunResult[], folders: readonly string[]): void {
  const other = results.findIndex((result) => result.system !== system)
  if (other < 0) return
  throw new SpillwayError(
    'CONFIG_INVALID',
    `runs of ${system} and ${results[other].system} share no figures`,
    {
      place: folders[other],
      remedy: 'Report each system by itself.',
    },
  )
}

async function readRun(
  recipe: Recipe,
  folder: string,
  result: RunResult,
  folders: readonly string[],
): Promise<ReportedRun> {
  const files = runFiles(folder)
  const { config } = loadYaml(files.config, runSchema(recipe), [], {})
  return { name: nameOf(folder, folders), result, config, table: await readScores(files.scores) }
}

/** The last part of a path, as far back as it takes to tell it from the others. */
function nameOf(folder: string, folders: readonly string[]): string {
  const same = folders.filter((other) => basename(other) === basename(folder))
  return same.length === 1 ? basename(folder) : folder
}
