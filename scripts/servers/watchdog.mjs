// Runs argv as a child and kills it when the process that started us is gone. Ends with the child.
// SPILLWAY_SCRATCH names a folder that is removed when the owner could not do it.
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'

const [command, ...args] = process.argv.slice(2)
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
child.once('spawn', () => process.send?.({ pid: child.pid }))
child.once('error', (error) => {
  process.send?.({ error: error.message })
  process.exitCode = 1
  process.disconnect?.()
})
let orphaned = false
child.once('exit', (code) => {
  const scratch = process.env.SPILLWAY_SCRATCH
  if (orphaned && scratch) rmSync(scratch, { recursive: true, force: true })
  process.exit(code ?? 137)
})
process.once('disconnect', () => {
  orphaned = true
  child.kill('SIGKILL')
})
// A signal to our owner's terminal must not end us before the child is gone.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill('SIGKILL'))
