import { describe, expect, it } from 'vitest'
import { sleep, until } from '../support/kafka.js'
import { bytesOf, laneOf, range } from '../support/lanes.js'
import type { Fault } from '../support/memory.js'
import { messageOf } from '../support/messages.js'

/** What a sink does that answers nobody while it is `slow`. */
function slowSink() {
  const sink = {
    slow: false,
    pause: async (): Promise<void> => {
      while (sink.slow) await sleep(5)
    },
  }
  return sink
}

describe('lane', () => {
  it('commits in order what workers finish in any order, each once', async () => {
    let task = 0
    const script = async (): Promise<'ok'> => {
      await sleep(task++ % 2 === 0 ? 4 : 0)
      return 'ok'
    }
    const run = laneOf(100, { script })
    await run.open()
    await run.deliver()
    await run.lane.close()
    expect(run.memory.offsets).toEqual(range(100))
    expect(run.memory.visible.map(({ outcome }) => Buffer.from(outcome.scores!).toString())).toEqual(
      range(100).map((offset) => `message ${offset}`),
    )
    expect(run.memory.next).toBe(100n)
    expect(run.sink.broken).toEqual([])
  })

  // Calls in order: open, mark, commit, …; after a failed one: open, (mark,) …
  it.each<[string, readonly Fault[]]>([
    ['a lost transaction', ['ok', 'ok', 'lost']],
    ['a transaction whose answer was lost', ['ok', 'ok', 'done']],
    [
      'one of each, in turn',
      ['ok', 'ok', 'lost', 'ok', 'ok', 'done', 'ok', 'ok', 'fenced', 'ok', 'ok', 'ok', 'done'],
    ],
    ['fencing', ['ok', 'ok', 'ok', 'fenced', 'ok', 'ok', 'fenced']],
    ['a sink that cannot be opened again at once', ['ok', 'ok', 'down', 'down', 'down']],
    ['a mark that is lost', ['ok', 'lost', 'ok', 'done']],
  ])('neither loses nor doubles anything in %s', async (_what, faults) => {
    const run = laneOf(60, { faults, rows: 5 })
    await run.open()
    await run.deliver()
    await run.lane.close()
    expect(run.memory.offsets).toEqual(range(60))
    expect(run.sink.broken).toEqual([])
    expect(run.errors.length).toBe(faults.filter((fault) => fault !== 'ok').length)
    expect(run.memory.visible.flatMap(({ outcome }) => outcome.rejects)).toEqual([])
  })

  it.each(Array.from({ length: 6 }, (_, seed) => [seed]))(
    'neither loses nor doubles anything under faults drawn with seed %i',
    async (seed) => {
      const kinds: readonly Fault[] = ['lost', 'done', 'fenced', 'ok', 'down']
      // A pair of good calls between two faults: pauses double while openings fail in a row.
      const faults = range(8).flatMap((i): Fault[] => ['ok', 'ok', kinds[(seed * 3 + i * (seed + 2)) % 5]])
      const run = laneOf(40, { faults, rows: 4 })
      await run.open()
      await run.deliver()
      await run.lane.close()
      expect(run.memory.offsets).toEqual(range(40))
      expect(run.sink.broken).toEqual([])
    },
  )

  it('rewinds to the committed offset, to the beginning where there is none', async () => {
    const run = laneOf(20, { faults: ['ok', 'ok', 'lost', 'ok', 'ok', 'ok', 'done'], rows: 1 })
    await run.open()
    await run.deliver()
    await run.lane.close()
    const after = run.memory.commits[0] + run.memory.commits[1]
    // The first mark already keeps the offset 0; after the commit whose answer was lost it is where that ended.
    expect(run.rewinds).toEqual([0n, BigInt(after)])
    expect(run.errors.map(({ code }) => code)).toEqual(['LANE_AMBIGUOUS', 'LANE_AMBIGUOUS'])
  })

  it('takes a rewind and the new epoch at one stroke: what is pushed while it reopens is dropped', async () => {
    const run = laneOf(30, { faults: ['ok', 'ok', 'lost'], inFlightBytes: 1 })
    await run.open()
    const pushes: Promise<void>[] = []
    // A source that does not wait for push must not make a gap either.
    for (const offset of range(16))
      pushes.push(run.lane.push([messageOf(bytesOf(offset), offset)], BigInt(offset + 1)))
    await until(() => run.rewinds.length > 0, 'a rewind')
    await Promise.all(pushes)
    expect(run.memory.offsets).toEqual([])
    await run.deliver(30)
    await run.lane.close()
    expect(run.memory.offsets).toEqual(range(30))
  })

  it('finds the messages whose results are too large for the sink, and keeps their originals aside', async () => {
    const large = new Set([3, 17])
    const run = laneOf(30, {
      rows: 6,
      refuses: ({ message, outcome }) => large.has(Number(message.offset)) && outcome.scores !== null,
    })
    await run.open()
    await run.deliver()
    await run.lane.close()
    expect(run.memory.offsets).toEqual(range(30))
    const letters = run.memory.visible.filter(({ outcome }) => outcome.rejects.length > 0)
    expect(letters.map(({ message, outcome }) => [Number(message.offset), outcome.rejects[0].code])).toEqual(
      [...large].map((offset) => [offset, 'MESSAGE_TOO_LARGE']),
    )
    expect([run.fatal, run.sink.broken]).toEqual([[], []])
  })

  it('gives up on a message that does not fit into the dead letters either', async () => {
    const run = laneOf(3, { refuses: ({ message }) => message.offset === 1n })
    await run.open()
    const delivered = run.deliver()
    await until(() => run.fatal.length > 0, 'the end')
    await run.lane.close()
    await delivered
    expect(run.fatal[0]).toMatchObject({ code: 'DEAD_LETTER_TOO_LARGE', place: 'events/0/1' })
    expect(run.memory.offsets).toEqual([0])
  })

  it('lets a commit that is under way end when it is closed, and leaves the offset where that put it', async () => {
    let release = (): void => {}
    let calls = 0
    const pause = async (): Promise<void> => {
      if (++calls === 3) await new Promise<void>((resolve) => (release = resolve))
    }
    const run = laneOf(10, { pause })
    await run.open()
    await run.lane.push([messageOf(bytesOf(0), 0)], 1n)
    await until(() => run.memory.calls.length === 3, 'the commit')
    await run.lane.push([messageOf(bytesOf(1), 1)], 2n)
    const closed = run.lane.close()
    await sleep(20)
    release()
    await closed
    expect(run.memory.offsets).toEqual([0])
    expect(run.memory).toMatchObject({ next: 1n, mark: { opens: 0, tries: 0 } })
    expect(run.sink.broken).toEqual([])
  })

  it.each<Fault>(['lost', 'done'])(
    'says nothing more to the sink when a commit fails while it is closed (%s)',
    async (fault) => {
      let release = (): void => {}
      let calls = 0
      const pause = async (): Promise<void> => {
        if (++calls === 3) await new Promise<void>((resolve) => (release = resolve))
      }
      const run = laneOf(10, { pause, faults: ['ok', 'ok', fault] })
      await run.open()
      await run.lane.push([messageOf(bytesOf(0), 0)], 1n)
      await until(() => run.memory.calls.length === 3, 'the commit')
      const closed = run.lane.close()
      release()
      await closed
      expect(run.sink.broken).toEqual([])
      expect(run.memory.calls).toEqual(['open', 'mark 0 1/0', 'commit 1', 'close'])
      expect(run.memory.next).toBe(fault === 'done' ? 1n : 0n)
    },
  )

  it.each([
    ['bytes', 1_000, 50_000],
    ['tombstones', 0, 50_000],
  ])('takes no more %s than allowed while the sink is slow', async (_what, size, limit) => {
    const slowly = slowSink()
    const blocked = laneOf(0, { inFlightBytes: limit, pause: slowly.pause })
    await blocked.open()
    await blocked.lane.push([messageOf(bytesOf(0), 0)], 1n)
    await blocked.lane.drain()
    slowly.slow = true
    let taken = 1
    const flood = (async () => {
      for (; taken < 1_000; taken++) {
        const value = size === 0 ? null : Buffer.alloc(size)
        await blocked.lane.push([messageOf(value, taken)], BigInt(taken + 1))
      }
    })()
    await sleep(100)
    const atRest = taken
    expect(atRest).toBeLessThan(limit / 256 + 10)
    expect(blocked.lane.pending * size).toBeLessThanOrEqual(limit + size)
    slowly.slow = false
    await flood
    await blocked.lane.drain()
    expect(blocked.memory.offsets).toEqual(range(1_000))
    await blocked.lane.close()
  })

  it('counts results as well, and those to be expected: they may be many times their messages', async () => {
    const [limit, resultBytes] = [100_000, 10_000]
    const slowly = slowSink()
    const run = laneOf(0, { inFlightBytes: limit, resultBytes, pause: slowly.pause })
    await run.open()
    await run.lane.push([messageOf(bytesOf(0), 0)], 1n)
    await run.lane.drain()
    slowly.slow = true
    const messages = range(300).map((k) => messageOf(bytesOf(k + 1), k + 1))
    const pushed = run.lane.push(messages, 301n)
    await sleep(100)
    expect(run.lane.pending).toBeGreaterThanOrEqual(9)
    expect((run.lane.pending - 1) * resultBytes).toBeLessThan(limit)
    slowly.slow = false
    await pushed
    await run.lane.drain()
    expect(run.memory.offsets).toEqual(range(301))
    await run.lane.close()
  })

  it('sends what is done at once when it is prompt, but together while it is full and there is more to do', async () => {
    const run = laneOf(0, { prompt: true, intervalMs: 60_000, inFlightBytes: 44_000 })
    await run.open()
    for (const offset of range(5)) {
      await run.lane.push([messageOf(bytesOf(offset), offset)], BigInt(offset + 1))
      await until(() => run.memory.offsets.length === offset + 1, 'its commit')
    }
    expect(run.memory.commits).toEqual([1, 1, 1, 1, 1])
    const flood = range(800).map((k) => messageOf(bytesOf(5 + k), 5 + k))
    await run.lane.push(flood, 805n)
    await until(() => run.memory.offsets.length === 805, 'all commits')
    expect(run.memory.offsets).toEqual(range(805))
    // Without waiting there would be one for each task of eight messages, or for two.
    expect(run.memory.commits.slice(5).length).toBeLessThan(40)
    await run.lane.close()
  })
})
