import { SpillwayError } from '../errors.js'

/** 75 (EX_TEMPFAIL, sysexits.h) when trying again later may help, otherwise 1. */
export const exitCodeOf = (error: unknown): number =>
  error instanceof SpillwayError && error.decision === 'retry' ? 75 : 1

/** What went wrong, where, what to do, and the chain of causes; a stack only for what should be impossible. */
export function printError(error: unknown): void {
  if (!(error instanceof SpillwayError)) {
    console.error(error instanceof Error ? (error.stack ?? error.message) : String(error))
    return
  }
  console.error(error.format())
  for (let cause = error.cause; cause !== undefined && cause !== null; ) {
    const said =
      cause instanceof SpillwayError
        ? `${cause.code}: ${cause.message}`
        : cause instanceof Error
          ? cause.message
          : String(cause)
    const bare = cause instanceof Error ? cause.message : said
    if (!error.message.includes(bare)) console.error(`  cause: ${said.split('\n')[0]}`)
    cause = cause instanceof Error ? cause.cause : undefined
  }
}
