#!/usr/bin/env node
import { exitCodeOf, printError } from './errors.js'
import { buildProgram } from './program.js'

// `spillway … | head` closes the pipe early: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

try {
  await buildProgram().parseAsync()
} catch (error) {
  printError(error)
  process.exitCode = exitCodeOf(error)
}
