import { Command } from 'commander'
import { type CaseResult, testFileOf, testPipeline } from '../stream/pipeline-test/run.js'
import { type CommonOptions, jsonOption, setOption } from './options.js'
import { printJson } from './output.js'

const EXAMPLES = `
The tests of pipeline.yaml stand beside it in pipeline.test.yaml: events in, expected columns out.

  cases:
    - name: a boosted Z is accepted
      events:                               # written down, with the types of the source
        - event: 1
          leptons: [{ pt: 80, eta: 0.1, phi: 0, mass: 0.1, charge: -1 }, …]
      expect:                               # one entry per event
        - { pol.r_l: 0.31, accept: true }   # within tolerance (1e-6 of max(1, |value|) unless given)
    - name: the first two real events
      file: ../data/zj.arrow                # or events of a file
      rows: [0, 1]
      tolerance: 1e-4
      expect:
        - { pol.r_l: { value: 0.3, within: 0.1 }, tag.p_w: null, accept: false }
        - { reject: SCORE_NOT_FINITE }

Examples:
  spillway test pipeline.yaml
  spillway test pipelines/*.yaml --json

Exit codes: 0 all as expected, 1 something is not, or a file is wrong.`

export function testCommand(): Command {
  return new Command('test')
    .description('run the unit tests written beside pipelines')
    .argument('<pipeline...>', 'pipeline files (YAML); tests are in <pipeline>.test.yaml')
    .addOption(setOption())
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], { set, json }: CommonOptions) => {
      const reports: { file: string; cases: CaseResult[] }[] = []
      for (const file of files.filter((name) => !/\.test\.ya?ml$/.test(name))) {
        reports.push({ file: testFileOf(file), cases: await testPipeline(file, set) })
      }
      if (json) printJson(reports)
      else for (const { file, cases } of reports) print(file, cases)
      if (reports.some(({ cases }) => cases.some(({ failures }) => failures.length > 0))) process.exitCode = 1
    })
}

function print(file: string, cases: readonly CaseResult[]): void {
  for (const { name, failures } of cases) {
    process.stdout.write(`${failures.length === 0 ? 'ok    ' : 'FAILED'}  ${name}\n`)
    for (const { place, event, key, expected, found } of failures) {
      process.stdout.write(`          event ${event}, ${key}  (${place})\n`)
      process.stdout.write(`            expected  ${expected}\n            found     ${found}\n`)
    }
  }
  const failed = cases.filter(({ failures }) => failures.length > 0).length
  const events = cases.reduce((sum, one) => sum + one.events, 0)
  process.stdout.write(`${file}: ${cases.length} cases, ${events} events, ${failed} failed\n`)
}
