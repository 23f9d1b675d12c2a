import { setFlagsFromString } from 'node:v8'

/**
 * Tells V8's collector that memory outside of its heap is not a reason to hurry. The heap is small here, and messages
 * pass through buffers outside of it; V8 counts those as growth, so that by default it marks the whole heap for about
 * every 12 MB of input, on all its threads: a third of a scorer's time. With this it does so for every 150 MB.
 * Flags of V8 hold for the whole process, with all its threads.
 */
export function tuneCollector(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`)
}

const GROWTH_PERCENT = 600
