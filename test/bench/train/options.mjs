import { parseArgs } from 'node:util'

/**
 * Options of a bench beside --json, --quick and --help: `own` in the form of parseArgs.
 * @throws for an option that is not there
 */
export function parseBench(argv, own) {
  const { values } = parseArgs({
    args: argv,
    options: {
      json: { type: 'string' },
      quick: { type: 'boolean' },
      help: { type: 'boolean', default: false },
      ...own,
    },
  })
  return values
}

/** Names of a list a,b out of those that are known. */
export function namesIn(list, known, what) {
  const names = list.split(',')
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new Error(`no ${what} ${unknown}; there are ${known}`)
  return names
}

/** Positive whole numbers of a list 1,2. */
export function numbersIn(list, option) {
  const numbers = list.split(',').map(Number)
  if (!numbers.every((n) => Number.isInteger(n) && n > 0)) throw new Error(`--${option} must be like 1,2`)
  return numbers
}
