import { Command } from 'commander'
import { commands } from './commands.js'

/** The command line, not yet run: with one command when `name` is one, else (for --help, a typo) with all. */
export async function buildProgram(name?: string): Promise<Command> {
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
  const asked = commands.filter((command) => command.name === name)
  for (const { load } of asked.length > 0 ? asked : commands) program.addCommand(await load())
  return program
}
