import { Command } from 'commander'
import { diagnose, type Finding } from '../stream/doctor.js'
import { exitCodeOf } from './errors.js'
import { type CommonOptions, jsonOption, setOption } from './options.js'
import { printJson } from './output.js'

const EXAMPLES = `
Looks at Node.js, CPU and memory, computes a tiny model on every provider (in a process of its own), and looks for
optional packages. With a pipeline it also tries what that asks for: broker, topics, NATS, output folders.

Examples:
  spillway doctor
  spillway doctor pipeline.yaml
  spillway doctor pipeline.yaml --json

Exit codes: 0 nothing asked for is missing, 1 something is, 75 only a server cannot be reached.`

const SIGNS = { ok: 'ok     ', absent: 'absent ', problem: 'PROBLEM' } as const

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('look at this machine and what a pipeline needs; each problem with its remedy')
    .argument('[pipeline]', 'pipeline file (YAML)')
    .addOption(setOption())
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES)
    .action(async (file: string | undefined, { set, json }: CommonOptions) => {
      const findings: Finding[] = []
      for await (const finding of diagnose(file ?? null, set)) {
        findings.push(finding)
        if (!json) print(finding)
      }
      if (json) printJson(findings.map(({ error, ...finding }) => ({ ...finding, code: error?.code })))
      const problems = findings.filter(({ status }) => status === 'problem')
      if (problems.length === 0) return
      process.exitCode = problems.every(({ error }) => exitCodeOf(error) === 75) ? 75 : 1
    })
}

function print({ name, status, detail, remedy }: Finding): void {
  process.stdout.write(`${SIGNS[status]}  ${name}: ${detail}\n`)
  if (status !== 'ok' && remedy !== undefined) process.stdout.write(`         remedy: ${remedy}\n`)
}
