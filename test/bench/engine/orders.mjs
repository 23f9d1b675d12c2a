import { createInterface } from 'node:readline'

/** The child's side of `Contestant`: say what happened, hear what to do. */
export const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)

/** Calls the handler of each order (`go`, `stop`); the end of the input means `stop`. */
export function onOrders(handlers) {
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => handlers[line]?.())
  lines.on('close', () => handlers.stop?.())
}
