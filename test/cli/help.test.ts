import { spawnSync } from 'node:child_process'
import { expect, test, vi } from 'vitest'
import { buildProgram } from '#spillway/cli/program.js'
import { repository, spillway } from '../support/cli.js'

// Processes are started: slow on a busy machine.
vi.setConfig({ testTimeout: 90_000 })

test('docs/cli.md and the tables of docs/pipelines.md are current', () => {
  const ended = spawnSync(process.execPath, [repository('scripts/docs-cli.mjs'), '--check'], {
    encoding: 'utf8',
  })
  expect(ended.stderr).toBe('')
  expect(ended.status).toBe(0)
})

test('every command that takes a file has examples in its help', async () => {
  for (const command of (await buildProgram()).commands) {
    let help = ''
    command.configureOutput({ writeOut: (text) => (help += text) })
    command.outputHelp()
    if (command.registeredArguments.length > 0) expect(help, command.name()).toContain('Examples:')
  }
})

test('a command that is not there, and an option that is not there', async () => {
  const [command, option] = await Promise.all([
    spillway(['chek', 'x.yaml']),
    spillway(['check', '--jsn', 'x.yaml']),
  ])
  expect([command.code, option.code]).toEqual([1, 1])
  expect(command.err).toContain('Did you mean check?')
  expect(option.err).toContain('Did you mean --json?')
})

test('list shows what there is', async () => {
  const { out, code } = await spillway(['list', '--json'])
  expect(code).toBe(0)
  const catalog = JSON.parse(out) as Record<string, { name: string; what: string }[]>
  expect(Object.keys(catalog)).toEqual([
    'steps',
    'features',
    'providers',
    'formats',
    'maps',
    'clients',
    'registries',
    'functions',
  ])
  expect(catalog['features'].find(({ name }) => name === 'zj-momenta')?.what).toBe('v1: momenta [n, 12]')
  expect(catalog['providers'].find(({ name }) => name === 'cpu')?.what).toMatch(/^bundled/)
  expect(catalog['functions'].map(({ name }) => name)).toContain('deltaphi(a, b)')
})

test('doctor finds Node.js, a CPU provider that computes, and what a pipeline lacks', async () => {
  const { out, code } = await spillway([
    'doctor',
    repository('demo/pipelines/zjets.yaml'),
    '--json',
    '--set',
    'steps.0.provider=tensorrt',
  ])
  const findings = JSON.parse(out) as { name: string; status: string; remedy?: string; code?: string }[]
  const of = (name: string) => findings.find((finding) => finding.name === name)
  expect(of('Node.js')?.status).toBe('ok')
  expect(of('provider cpu')?.status).toBe('ok')
  const tensorrt = of('provider tensorrt')
  if (tensorrt?.status === 'ok') return
  expect(tensorrt).toMatchObject({ status: 'problem', code: 'PROVIDER_UNAVAILABLE' })
  expect(tensorrt?.remedy).toContain('TensorRT')
  expect(code).toBe(1)
})
