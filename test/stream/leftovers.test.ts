import { expect, it } from 'vitest'
import type { Bundle } from '#spillway/models/manifest.js'
import { Leftovers } from '#spillway/stream/leftovers.js'

const bundle = (bytes: number): Bundle =>
  ({ model: new Uint8Array(bytes), probe: new Uint8Array(0) }) as unknown as Bundle

it('collects after some megabytes of models, not after each', () => {
  let collected = 0
  const leftovers = new Leftovers(() => void collected++)
  for (let i = 0; i < 32; i++) {
    leftovers.add([bundle(1 << 20)])
    leftovers.clear()
  }
  expect(collected).toBe(2)
  leftovers.add([bundle(100 << 20)])
  expect(collected).toBe(2)
  leftovers.clear()
  leftovers.clear()
  expect(collected).toBe(3)
})

it('frees what nothing holds any more', async () => {
  const leftovers = new Leftovers()
  const gone = ((large: Bundle) => {
    leftovers.add([large])
    return new WeakRef(large.model)
  })(bundle(17 << 20))
  // A weak reference keeps its target until the turn is over.
  await new Promise((resolve) => setImmediate(resolve))
  leftovers.clear()
  expect(gone.deref()).toBeUndefined()
})
