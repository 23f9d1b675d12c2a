import { Command } from 'commander'
import { checkPipeline } from '../stream/check/pipeline.js'
import type { CheckReport, StepReport } from '../stream/check/report.js'
import { printError } from './errors.js'
import { type CommonOptions, jsonOption, setOption } from './options.js'
import { printJson, printTable, problemJson } from './output.js'

const EXAMPLES = `
Checks syntax and keys, environment variables, models (digests, graph, manifest), expressions, and that every
column a step reads is there with the right type and unit: in the files of the source, or in the Arrow file that
source.schema names. Connects to nothing. All problems are listed, each with file, line and remedy.

Examples:
  spillway check pipeline.yaml
  spillway check pipelines/*.yaml --json
  spillway check pipeline.yaml --set source.files=other.arrow`

export function checkCommand(): Command {
  return new Command('check')
    .description('lint pipelines without connecting to anything')
    .argument('<pipeline...>', 'pipeline files (YAML)')
    .addOption(setOption())
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], { set, json }: CommonOptions) => {
      const reports: CheckReport[] = []
      for (const file of files) reports.push(await checkPipeline(file, set))
      if (json) printJson(reports.map(reportJson))
      else for (const report of reports) printReport(report)
      if (reports.some(({ problems }) => problems.length > 0)) process.exitCode = 1
    })
}

function printReport({ file, steps, problems, notes }: CheckReport): void {
  for (const note of notes) console.error(`${file}: note: ${note}`)
  for (const problem of problems) printError(problem)
  if (problems.length > 0) {
    console.error(`${file}: ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`)
    return
  }
  printTable(['step', 'what', 'reads', 'adds'], steps.map(row), [14, 26, 34, 34])
  process.stdout.write(`${file}: ok\n`)
}

function row({ name, what, reads, adds }: StepReport): string[] {
  const added = adds.map(({ path, axis, type }) => `${path} (${type}${axis === '' ? '' : ` per ${axis}`})`)
  return [name, what, reads.join('\n'), added.join('\n')]
}

const reportJson = ({ file, steps, problems, notes }: CheckReport) => ({
  file,
  ok: problems.length === 0,
  steps,
  problems: problems.map(problemJson),
  notes,
})
