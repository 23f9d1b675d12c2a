// Runs argv as a child and kills it when the process that started us is gone. Ends with the child.
import { spawn } from 'node:child_process'

const [command, ...args] = process.argv.slice(2)
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
child.once('spawn', () => process.send?.({ pid: child.pid }))
child.once('error', (error) => {
  process.send?.({ error: error.message })
  process.exitCode = 1
  process.disconnect?.()
})
child.once('exit', (code) => process.exit(code ?? 137))
process.once('disconnect', () => child.kill('SIGKILL'))
// A signal to our owner's terminal must not end us before the child is gone.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill('SIGKILL'))
