#!/usr/bin/env node
import { Command } from 'commander'
import { commands } from './commands.js'
import { exitCodeOf, printError } from './errors.js'

// `spillway … | head` closes the pipe early: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

const program = new Command('spillway')
  .description(
    'Streaming event processing for particle physics: Arrow events in, batched ONNX scores out, each event exactly once.',
  )
  .version('0.1.0')
  .showHelpAfterError('(add --help for the options and examples)')
  .addHelpText(
    'after',
    '\nExit codes: 0 done, 1 your input is wrong (the message says where), 75 temporary: try again later.',
  )

for (const command of commands) program.addCommand(command())

try {
  await program.parseAsync()
} catch (error) {
  printError(error)
  process.exitCode = exitCodeOf(error)
}
