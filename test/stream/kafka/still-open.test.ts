import { expect, test, vi } from 'vitest'
import { StillOpen } from '#spillway/stream/kafka/still-open.js'

const item = () => ({ close: vi.fn(async () => {}) })

test('what was closed is let go, the others are closed with the client', async () => {
  const open = new StillOpen<{ close(): Promise<void> }>()
  const [a, b] = [item(), item()]
  const [closeA, closeB] = [a.close, b.close]
  const kept = open.keep(a)
  open.keep(b)
  await kept.close()
  await open.close()
  await open.close()
  expect(closeA).toHaveBeenCalledTimes(1)
  expect(closeB).toHaveBeenCalledTimes(1)
})

test('the client waits for what is being closed', async () => {
  const open = new StillOpen<{ close(): Promise<void> }>()
  let gone = () => {}
  const slow = open.keep({ close: () => new Promise<void>((resolve) => (gone = resolve)) })
  void slow.close()
  let over = false
  const closing = open.close().then(() => {
    over = true
  })
  await new Promise(setImmediate)
  expect(over).toBe(false)
  gone()
  await closing
})
