import type { Command } from 'commander'
import { checkCommand } from './check.js'
import { demoCommand } from './demo.js'
import { dlqCommand } from './dlq.js'
import { doctorCommand } from './doctor.js'
import { dryRunCommand } from './dry-run.js'
import { produceCommand } from './produce.js'
import { runCommand } from './run.js'

/** The plain list of commands, in the order of --help. */
export const commands: readonly (() => Command)[] = [
  demoCommand,
  runCommand,
  checkCommand,
  dryRunCommand,
  produceCommand,
  doctorCommand,
  dlqCommand,
]
