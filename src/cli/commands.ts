import type { Command } from 'commander'

/** A command by its name; what it needs is loaded only when it is asked for. */
export interface CommandEntry {
  readonly name: string
  readonly load: () => Promise<Command>
}

/** The plain list of commands, in the order of --help. */
export const commands: readonly CommandEntry[] = [
  { name: 'demo', load: async () => (await import('./demo.js')).demoCommand() },
  { name: 'run', load: async () => (await import('./run.js')).runCommand() },
  { name: 'create', load: async () => (await import('./create.js')).createCommand() },
  { name: 'check', load: async () => (await import('./check.js')).checkCommand() },
  { name: 'test', load: async () => (await import('./test.js')).testCommand() },
  { name: 'dry-run', load: async () => (await import('./dry-run.js')).dryRunCommand() },
  { name: 'echo', load: async () => (await import('./echo.js')).echoCommand() },
  { name: 'list', load: async () => (await import('./list.js')).listCommand() },
  { name: 'inspect', load: async () => (await import('./inspect.js')).inspectCommand() },
  { name: 'convert', load: async () => (await import('./convert.js')).convertCommand() },
  { name: 'doctor', load: async () => (await import('./doctor.js')).doctorCommand() },
  { name: 'produce', load: async () => (await import('./produce.js')).produceCommand() },
  { name: 'bench', load: async () => (await import('./bench.js')).benchCommand() },
  { name: 'train', load: async () => (await import('./train.js')).trainCommand() },
  { name: 'evaluate', load: async () => (await import('./evaluate.js')).evaluateCommand() },
  { name: 'report', load: async () => (await import('./report.js')).reportCommand() },
  { name: 'optimize', load: async () => (await import('./optimize.js')).optimizeCommand() },
  {
    name: 'optimize-worker',
    load: async () => (await import('./optimize-worker.js')).optimizeWorkerCommand(),
  },
  { name: 'publish', load: async () => (await import('./publish.js')).publishCommand() },
  { name: 'models', load: async () => (await import('./models.js')).modelsCommand() },
  { name: 'import', load: async () => (await import('./import.js')).importCommand() },
  { name: 'dlq', load: async () => (await import('./dlq.js')).dlqCommand() },
]
