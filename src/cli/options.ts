import { InvalidArgumentError, Option } from 'commander'

/** Collects `--set a.b=c --set d=e`; commander's variadic options would swallow the file that follows. */
const collect = (value: string, before: readonly string[]): string[] => [...before, value]

/** `--set a.b=c`, once or more often. */
export const setOption = (): Option =>
  new Option('--set <a.b=value>', 'override a key of the file; may be given several times')
    .argParser(collect)
    .default([], 'none')

/** `--data glob`, once or more often. */
export const dataOption = (): Option =>
  new Option('--data <glob>', 'Arrow files of events; may be given several times')
    .argParser(collect)
    .default([], 'none')

export const jsonOption = (): Option =>
  new Option('--json', 'print JSON for scripts').default(false, 'a table')

/** What a commander option with `setOption` and `jsonOption` gives. */
export interface CommonOptions {
  readonly set: readonly string[]
  readonly json: boolean
}

/** Parses a whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!Number.isInteger(value) || value < least) {
      throw new InvalidArgumentError(`Write a whole number of at least ${least}.`)
    }
    return value
  }
}
