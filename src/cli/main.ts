#!/usr/bin/env node
import { exitCodeOf, printError } from './errors.js'
import { buildProgram } from './program.js'

try {
  const program = await buildProgram(process.argv[2])
  await program.parseAsync()
} catch (error) {
  printError(error)
  process.exitCode = exitCodeOf(error)
}
