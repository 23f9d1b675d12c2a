import { expect, it } from 'vitest'
import { whileBusy } from '#spillway/stream/kafka/patience.js'

const answer = (type: string) => Object.assign(new Error(type), { type })

/** Questions that are answered by these, one after another. */
function coordinator(...answers: (string | Error)[]) {
  let asked = 0
  const ask = async () => {
    const found = answers[Math.min(asked++, answers.length - 1)]
    if (found instanceof Error) throw found
    return found
  }
  return { ask, asked: () => asked }
}

it('asks a busy coordinator again, and nobody else', async () => {
  const moving = coordinator(answer('CONCURRENT_TRANSACTIONS'), answer('NOT_COORDINATOR_FOR_GROUP'), 'here')
  expect(await whileBusy({ limitMs: 5_000, firstMs: 1 }, moving.ask)).toBe('here')
  expect(moving.asked()).toBe(3)

  const refusing = coordinator(answer('GROUP_AUTHORIZATION_FAILED'), 'here')
  await expect(whileBusy({ limitMs: 5_000, firstMs: 1 }, refusing.ask)).rejects.toThrow('GROUP_AUTHORIZATION')
  expect(refusing.asked()).toBe(1)
})

it('gives up in time, with what it was told', async () => {
  const loading = coordinator(answer('GROUP_LOAD_IN_PROGRESS'))
  await expect(whileBusy({ limitMs: 30, firstMs: 4 }, loading.ask)).rejects.toThrow('GROUP_LOAD_IN_PROGRESS')
  // At 0, 4, 12 and 28 ms at the earliest.
  expect(loading.asked()).toBeGreaterThan(1)
  expect(loading.asked()).toBeLessThan(5)
})
