/**
 * Milliseconds of a clock that all threads of the process share and that nothing sets: `performance.now()` counts from
 * the start of its own thread.
 */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6

/** What to take from `monotonicMs()` to get `performance.now()` of this thread. */
export const threadClockSkew = (): number => monotonicMs() - performance.now()
