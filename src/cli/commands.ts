import type { Command } from 'commander'
import { checkCommand } from './check.js'
import { createCommand } from './create.js'
import { demoCommand } from './demo.js'
import { dlqCommand } from './dlq.js'
import { doctorCommand } from './doctor.js'
import { dryRunCommand } from './dry-run.js'
import { echoCommand } from './echo.js'
import { listCommand } from './list.js'
import { produceCommand } from './produce.js'
import { runCommand } from './run.js'
import { testCommand } from './test.js'

/** The plain list of commands, in the order of --help. */
export const commands: readonly (() => Command)[] = [
  demoCommand,
  runCommand,
  createCommand,
  checkCommand,
  testCommand,
  dryRunCommand,
  echoCommand,
  listCommand,
  doctorCommand,
  produceCommand,
  dlqCommand,
]
