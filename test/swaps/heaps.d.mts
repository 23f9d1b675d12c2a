export interface Holding {
  readonly thread: number
  readonly rss: number
  readonly heapUsed: number
  readonly heapTotal: number
  readonly external: number
  readonly arrayBuffers: number
  readonly malloced: number
  /** Native contexts, and those of them that nothing should refer to any more. */
  readonly contexts: readonly [number, number]
}
export function holding(): Holding
export function collector(): () => void
