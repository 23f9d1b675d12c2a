// What the threads of a process hold, one JSON line a thread and second, in the file that SWAPS_HEAPS names. Preload it:
// node --import ./test/swaps/heaps.mjs dist/cli/main.js run pipeline.yaml
import { appendFileSync, readFileSync } from 'node:fs'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread, threadId } from 'node:worker_threads'

const { SWAPS_HEAPS: file, SWAPS_COLLECT_S: seconds } = process.env

/** What this thread's heap holds, and what it keeps outside of it [bytes]; of the whole process, its resident memory. */
export function holding() {
  const { heapUsed, heapTotal, external, arrayBuffers, rss } = process.memoryUsage()
  const { malloced_memory, number_of_native_contexts, number_of_detached_contexts } = getHeapStatistics()
  const contexts = [number_of_native_contexts, number_of_detached_contexts]
  return {
    thread: threadId,
    rss,
    heapUsed,
    heapTotal,
    external,
    arrayBuffers,
    malloced: malloced_memory,
    contexts,
  }
}

/** The collector, whole and at once: what is left after it is held by somebody. */
export function collector() {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc')
  // V8 takes the buffers that a collection let go off `external` when the next one begins.
  return () => {
    for (let i = 0; i < 2; i++) gc()
  }
}

/** Resident memory by what it is for [kB]: glibc's heap and arenas, V8's pages and other anonymous memory, files. */
export function mapped(pid = 'self') {
  const sums = { heap: 0, arenas: 0, other: 0, files: 0 }
  let kind = 'other'
  for (const line of readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n')) {
    const range = /^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ (\d+)\s*(.*)$/.exec(line)
    if (range !== null) {
      const [, from, , inode, name] = range
      if (name === '[heap]') kind = 'heap'
      else if (inode !== '0') kind = 'files'
      // glibc begins each further arena at a multiple of 64 MiB.
      else kind = BigInt(`0x${from}`) % (64n << 20n) === 0n ? 'arenas' : 'other'
      continue
    }
    const rss = /^Rss:\s+(\d+) kB$/.exec(line)
    if (rss !== null) sums[kind] += Number(rss[1])
  }
  return sums
}

// A process of its own for a trial is not what is looked at.
if (file !== undefined && process.channel === undefined) {
  const write = () =>
    appendFileSync(
      file,
      `${JSON.stringify({ at: Date.now(), ...holding(), ...(isMainThread && { mapped: mapped() }) })}\n`,
    )
  setInterval(write, 1_000).unref()
  if (seconds !== undefined) setInterval(collector(), Number(seconds) * 1e3).unref()
}
