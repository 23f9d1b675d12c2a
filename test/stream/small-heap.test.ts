import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { setRuntimeFlags } from '#spillway/stream/runtime-flags.js'
import { keepHeapSmall } from '#spillway/stream/small-heap.js'

const MB = 2 ** 20
const NUMBER_BYTES = 8

/** An array of so many bytes that nobody holds; only a whole collection lets go of what a WeakRef names. */
function garbage(bytes: number): WeakRef<number[]> {
  return new WeakRef(new Array<number>(bytes / NUMBER_BYTES).fill(0.5))
}

async function gone(ref: WeakRef<number[]>): Promise<boolean> {
  for (let tries = 0; tries < 50 && ref.deref() !== undefined; tries++) await sleep(20)
  return ref.deref() === undefined
}

it('collects what grew, again and again, and nothing once it is stopped', async () => {
  setRuntimeFlags()
  const stop = keepHeapSmall({ lookMs: 10, grownBytes: 8 * MB })
  expect(await gone(garbage(16 * MB))).toBe(true)
  expect(await gone(garbage(16 * MB))).toBe(true)
  stop()
  expect(await gone(garbage(16 * MB))).toBe(false)
})

it('leaves a heap alone that has not grown', async () => {
  setRuntimeFlags()
  const stop = keepHeapSmall({ lookMs: 10, grownBytes: 64 * MB })
  expect(await gone(garbage(MB))).toBe(false)
  stop()
})
