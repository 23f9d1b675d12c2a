import { EventEmitter } from 'node:events'
import { expect, it } from 'vitest'
import type { Done } from '#spillway/stream/kafka/confluent-binding.js'
import { Handle } from '#spillway/stream/kafka/confluent-handle.js'
import { kafkaConfig } from '../../support/kafka.js'

/** A client whose calls end when the test says so. */
class FakeClient extends EventEmitter {
  frees = 0
  connected: Done | undefined
  connect(_options: unknown, done: Done): void {
    this.connected = done
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))
const free = (client: FakeClient, done: Done): void => {
  client.frees++
  setImmediate(() => done(null, undefined))
}
const opened = async () => {
  const client = new FakeClient()
  const handle = new Handle(client, free)
  const connecting = handle.connect(kafkaConfig(['a:1', 'b:2']), () => undefined)
  client.connected!(null, undefined)
  await connecting
  return { client, handle }
}
const failure = Object.assign(new Error('no'), { code: -195 })

it('frees a client once, when the last call of it is back', async () => {
  const { client, handle } = await opened()
  const dones: Done<string>[] = []
  const calls = [1, 2].map(() => handle.call<string>((done) => dones.push(done)))
  const other = handle.hold(new Promise<void>((resolve) => setTimeout(resolve, 20)))
  const ends = [handle.end(), handle.end()]
  dones[0](null, 'done')
  await other
  await turn()
  expect(client.frees).toBe(0)
  dones[1](failure, '')
  await Promise.all(ends)
  await handle.end()
  expect(client.frees).toBe(1)
  expect(await calls[0]).toBe('done')
  await expect(calls[1]).rejects.toBe(failure)
})

it('begins nothing after its end, and waits for no event of the client', async () => {
  const { client, handle } = await opened()
  const events = handle.orEnd(new Promise<void>(() => undefined))
  const ended = handle.end()
  await expect(events).rejects.toThrow('closed')
  await expect(handle.call(() => expect.unreachable())).rejects.toThrow('closed')
  await expect(handle.orEnd(Promise.resolve())).rejects.toThrow('closed')
  expect(handle.open).toBe(false)
  await ended
  expect(client.frees).toBe(1)
})

it('says at once that the password is wrong, and leaves a client that could not connect to the binding', async () => {
  const client = new FakeClient()
  const handle = new Handle(client, free)
  const connecting = handle.connect(kafkaConfig(['a:1', 'b:2']), () => undefined)
  client.emit('event.log', { fac: 'FAIL', message: 'SASL authentication error: no' })
  await expect(connecting).rejects.toMatchObject({ code: -169 })
  let over = false
  const ended = handle.end().then(() => {
    over = true
  })
  await turn()
  expect(over).toBe(false)
  client.connected!(failure, undefined)
  await ended
  expect(client.frees).toBe(0)
})

it('names the brokers where none answers', async () => {
  const client = new FakeClient()
  const connecting = new Handle(client, free).connect(kafkaConfig(['a:1', 'b:2']), () => undefined)
  client.connected!(failure, undefined)
  await expect(connecting).rejects.toMatchObject({ code: -195, broker: 'a:1, b:2' })
})
