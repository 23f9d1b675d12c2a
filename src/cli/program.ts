import { Command } from 'commander'
import { commands } from './commands.js'

/** The whole command line, not yet run. */
export function buildProgram(): Command {
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
  return program
}
