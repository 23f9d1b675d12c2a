import { describe, expect, it } from 'vitest'
import type { Message } from '#spillway/ingest/message.js'
import { Gatherer, type GathererOptions } from '#spillway/stream/gatherer.js'
import { sleep } from '../support/kafka.js'
import { messageOf } from '../support/messages.js'
import { type Script, ScriptedWorkers } from '../support/workers.js'
import { collector } from '../swaps/heaps.mjs'

function gathererOf(script?: Script, options: Partial<GathererOptions> = {}, slots = 2) {
  const workers = new ScriptedWorkers(script, slots)
  const reasons: string[] = []
  const all = { rows: 100, bytes: 1_000, seconds: 1, delayMs: 0, attempts: 2, ...options }
  const gatherer = new Gatherer(workers, all, { task: (_reply, reason) => void reasons.push(reason) })
  workers.onRoom = () => gatherer.pump()
  return { gatherer, workers, reasons }
}

/** Messages of 100 bytes of two lanes, in turn. */
const messages = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    messageOf(Buffer.alloc(100, i), i >> 1, { partition: i % 2, headers: new Map() }),
  )
const place = (i: number) => `events/${i % 2}/${i >> 1}`
const places = (from: number, to: number) => Array.from({ length: to - from }, (_, k) => place(from + k))

describe('gatherer', () => {
  it('joins messages of all lanes into tasks of the allowed bytes, in order', async () => {
    const { gatherer, workers, reasons } = gathererOf(undefined, { delayMs: 30 })
    const outcomes = await Promise.all(messages(25).map((message) => gatherer.submit(message)))
    expect(workers.tasks).toEqual([places(0, 10), places(10, 20), places(20, 25)])
    expect(reasons).toEqual(['bytes', 'bytes', 'free'])
    expect(outcomes.map(({ scores }) => scores![0])).toEqual(Array.from({ length: 25 }, (_, i) => i))
  })

  it('closes tasks by rows, which it learns from what the workers counted', async () => {
    const { gatherer, workers, reasons } = gathererOf(undefined, { bytes: 1e6, rows: 4, delayMs: 10 }, 1)
    // At first a row is taken for 200 bytes, so that eight messages are four rows; each is a row of 100.
    for (let round = 0; round < 20; round++)
      await Promise.all(messages(8).map((message) => gatherer.submit(message)))
    expect(workers.tasks[0]).toHaveLength(8)
    expect(workers.tasks.at(-1)).toHaveLength(4)
    expect(reasons[0]).toBe('rows')
  })

  it('gives a worker that has nothing to do what is there, at once', async () => {
    const { gatherer, workers, reasons } = gathererOf(undefined, { delayMs: 60_000 })
    await Promise.all(messages(3).map((message) => gatherer.submit(message)))
    expect(workers.tasks).toEqual([places(0, 3)])
    expect(reasons).toEqual(['free'])
  })

  it('lets a worker that is at work wait for a fuller task', async () => {
    const { gatherer, workers, reasons } = gathererOf(() => sleep(900).then((): 'ok' => 'ok'), {
      delayMs: 300,
    })
    const [a, b, c] = messages(3)
    const first = gatherer.submit(a)
    await sleep(1)
    const second = gatherer.submit(b)
    await sleep(5)
    await Promise.all([first, second, gatherer.submit(c)])
    expect(workers.tasks).toEqual([[place(0)], [place(1), place(2)]])
    expect(reasons).toEqual(['free', 'delay'])
  })

  it('gives a message larger than a task a task of its own', async () => {
    const { gatherer, workers } = gathererOf(undefined, { delayMs: 5 })
    const large = messageOf(Buffer.alloc(5_000), 9)
    await Promise.all([...messages(2), large, ...messages(1)].map((message) => gatherer.submit(message)))
    expect(workers.tasks).toEqual([[place(0), place(1)], ['events/0/9'], [place(0)]])
  })

  it.each([
    ['hang', 'MESSAGE_HANGS'],
    ['crash', 'MESSAGE_CRASHES'],
    ['memory', 'MESSAGE_CRASHES'],
  ] as const)(
    'after a loss (%s) does every message again alone, and rejects the guilty one',
    async (how, code) => {
      const guilty = place(3)
      const { gatherer, workers, reasons } = gathererOf((task) => (task.includes(guilty) ? how : 'ok'), {
        delayMs: 5,
      })
      const outcomes = await Promise.all(messages(6).map((message) => gatherer.submit(message)))
      expect(workers.tasks[0]).toEqual(places(0, 6))
      const again = workers.tasks.slice(1)
      expect(again.every((task) => task.length === 1)).toBe(true)
      expect(again.flat().sort()).toEqual([...places(0, 6), guilty].sort())
      expect(outcomes.map(({ rows }) => rows)).toEqual([1, 1, 1, 0, 1, 1])
      expect(outcomes[3].rejects).toMatchObject([{ code, place: guilty, row: null, value: null }])
      expect(reasons).toEqual(Array.from({ length: 5 }, () => 'alone'))
    },
  )

  it.each([
    ['a tombstone', null],
    ['an empty message', new Uint8Array()],
  ])('rejects %s without a worker', async (_what, value) => {
    const { gatherer, workers } = gathererOf()
    const [empty, good] = await Promise.all([
      gatherer.submit(messageOf(value, 5)),
      gatherer.submit(messages(1)[0]),
    ])
    expect(empty.rejects).toMatchObject([{ code: 'MESSAGE_EMPTY', place: 'events/0/5' }])
    expect(good.rows).toBe(1)
    expect(workers.tasks).toEqual([[place(0)]])
  })

  it('runs an exclusive message while nothing else runs', async () => {
    const running = new Set<string>()
    const together: string[][] = []
    const { gatherer } = gathererOf(async (task): Promise<'ok'> => {
      for (const one of task) running.add(one)
      together.push([...running])
      await sleep(5)
      for (const one of task) running.delete(one)
      return 'ok'
    })
    const [a, b, c, ...rest] = messages(12)
    let still = -1
    const first = gatherer.submit(a)
    const exclusive = gatherer.submitExclusive(b, async () => {
      still = running.size
    })
    const second = gatherer.submitExclusive(c, async () => {})
    const others = rest.map((message) => gatherer.submit(message))
    const outcomes = await Promise.all([first, exclusive, second, ...others])
    expect(outcomes.every(({ rows }) => rows === 1)).toBe(true)
    expect(still).toBe(0)
    expect(together.filter((set) => set.includes(place(1)))).toEqual([[place(1)]])
    expect(together.filter((set) => set.includes(place(2)))).toEqual([[place(2)]])
  })

  it('lets an exclusive message wait for a worker that is only starting', async () => {
    let room = 0
    const { gatherer, workers } = gathererOf()
    Object.defineProperty(workers, 'room', { get: () => room })
    const outcome = gatherer.submitExclusive(messages(1)[0], async () => {})
    await sleep(20)
    room = 1
    gatherer.pump()
    expect(await outcome).toMatchObject({ rows: 1, rejects: [] })
  })

  it('tries an exclusive message again alone when its worker is lost, then rejects it and goes on', async () => {
    const { gatherer, workers } = gathererOf((task) => (task.includes(place(1)) ? 'crash' : 'ok'))
    const [a, b] = messages(2)
    const guilty = gatherer.submitExclusive(b, async () => {})
    const waiting = gatherer.submit(a)
    expect((await guilty).rejects).toMatchObject([{ code: 'MESSAGE_CRASHES' }])
    expect((await waiting).rows).toBe(1)
    expect(workers.tasks.filter((task) => task.includes(place(1)))).toHaveLength(2)
  })

  it('goes on when the care for an exclusive message fails', async () => {
    const { gatherer } = gathererOf()
    const [a, b] = messages(2)
    const refused = gatherer.submitExclusive(a, () => Promise.reject(new Error('no mark')))
    await expect(refused).rejects.toThrow('no mark')
    expect((await gatherer.submit(b)).rows).toBe(1)
  })

  it('lets go of messages that are done', async () => {
    const { gatherer } = gathererOf()
    const collect = collector()
    const submit = async (message: Message): Promise<WeakRef<Message>> => {
      await gatherer.submit(message)
      return new WeakRef(message)
    }
    const done: WeakRef<Message>[] = []
    for (let i = 0; i < 100; i++) done.push(await submit(messages(1)[0]))
    // A weak reference keeps its target until the turn is over.
    await sleep(1)
    collect()
    // The last may still be on the stack of something.
    expect(done.filter((one) => one.deref() !== undefined).length).toBeLessThanOrEqual(2)
  })
})
