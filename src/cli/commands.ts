import type { Command } from 'commander'
import { demoCommand } from './demo.js'
import { runCommand } from './run.js'

/** The plain list of commands, in the order of --help. */
export const commands: readonly (() => Command)[] = [demoCommand, runCommand]
