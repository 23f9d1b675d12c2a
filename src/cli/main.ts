#!/usr/bin/env node
import { exitCodeOf, printError } from './errors.js'
import { buildProgram } from './program.js'

try {
  await buildProgram().parseAsync()
} catch (error) {
  printError(error)
  process.exitCode = exitCodeOf(error)
}
