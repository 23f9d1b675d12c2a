import { setFlagsFromString } from 'node:v8'

/**
 * What V8 is told about programs of this kind. Flags hold for the whole process with all its threads, and for functions
 * that have not run yet; they are set before anything is opened.
 *
 * - The collector: the heap is small here, and messages pass through buffers outside of it. V8 counts those as growth,
 *   so that by default it marks the whole heap for about every 12 MB of input, on all its threads: a third of a scorer's
 *   time. With this it does so for every 150 MB.
 * - The compiler: at a few messages a second most code would be interpreted for minutes. Compiled at once, without
 *   optimisation, it answers in about half the time; what is hot is optimised later all the same.
 */
export function setRuntimeFlags(): void {
  for (const flag of FLAGS) setFlagsFromString(flag)
}

const FLAGS = ['--heap-growing-percent=600', '--always-sparkplug']
