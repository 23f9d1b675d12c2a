import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const LOOK_MS = 20_000
/** What a thread's heap may have grown by since it was least, before it is collected. */
const GROWN_BYTES = 4 << 20

export interface SmallHeapOptions {
  readonly lookMs?: number
  readonly grownBytes?: number
}

/**
 * Keeps the heap of this thread near what it needs. The collector is told to let it grow (see `setRuntimeFlags`), which
 * takes half a second at full load, but minutes at a light one: the memory of a process would rise for as long, and
 * nobody could tell that from a leak. So every 20 s a heap that grew is collected, which takes about 20 ms. At full load
 * V8 has done so by itself.
 * @returns stops it
 */
export function keepHeapSmall({
  lookMs = LOOK_MS,
  grownBytes = GROWN_BYTES,
}: SmallHeapOptions = {}): () => void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  let least = used()
  const timer = setInterval(() => {
    least = Math.min(least, used())
    if (used() - least < grownBytes) return
    collect()
    least = used()
  }, lookMs).unref()
  return () => clearInterval(timer)
}

const used = (): number => getHeapStatistics().used_heap_size
