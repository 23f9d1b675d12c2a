import { describe, expect, it } from 'vitest'
import { until } from '../support/kafka.js'
import { bytesOf, laneOf, range } from '../support/lanes.js'
import { type Fault, MemoryLane } from '../support/memory.js'
import { messageOf } from '../support/messages.js'

describe('marks of a lane', () => {
  it('opens with a mark before the first message is given out, and clears it with the first commit', async () => {
    const run = laneOf(3)
    await run.open()
    expect(run.memory.calls).toEqual(['open'])
    await run.deliver()
    expect(run.memory.calls.slice(0, 3)).toEqual(['open', 'mark 0 1/0', expect.stringMatching(/^commit/)])
    expect(run.memory.mark).toEqual({ opens: 0, tries: 0 })
    await run.lane.close()
    expect(run.memory.calls.filter((call) => call.startsWith('mark'))).toHaveLength(1)
  })

  it('takes the mark back when it is closed before it has committed anything', async () => {
    const memory = new MemoryLane()
    memory.next = 7n
    memory.mark = { opens: 0, tries: 0 }
    const run = laneOf(20, { lane: memory, script: () => new Promise(() => {}) })
    await run.open()
    await run.lane.push([messageOf(bytesOf(7), 7)], 8n)
    await until(() => memory.mark.opens === 1, 'the mark')
    await run.lane.close()
    expect(memory).toMatchObject({ next: 7n, mark: { opens: 0, tries: 0 } })
    expect(run.memory.calls).toEqual(['open', 'mark 7 1/0', 'mark 7 0/0', 'close'])
  })

  it('leaves suspicion as it found it when it is closed cleanly', async () => {
    const memory = new MemoryLane()
    memory.next = 7n
    memory.mark = { opens: 2, tries: 1 }
    const run = laneOf(20, { lane: memory, script: () => new Promise(() => {}) })
    await run.open()
    await run.lane.push([messageOf(bytesOf(7), 7)], 8n)
    await until(() => memory.mark.tries === 2, 'the mark')
    await run.lane.close()
    expect(memory).toMatchObject({ next: 7n, mark: { opens: 2, tries: 1 } })
  })

  it('runs suspects one at a time, alone, the first marked before it starts', async () => {
    const memory = new MemoryLane()
    memory.mark = { opens: 1, tries: 0 }
    let marked = ''
    const run = laneOf(20, {
      lane: memory,
      // Suspects must not wait for a full commit, or a restart takes as many intervals as there are suspects.
      intervalMs: 60_000,
      script: (places) => {
        if (places.includes('events/0/0')) marked = `${memory.mark.opens}/${memory.mark.tries}`
        return 'ok'
      },
    })
    await run.open()
    for (const offset of range(4))
      await run.lane.push([messageOf(bytesOf(offset), offset)], BigInt(offset + 1))
    await until(() => memory.offsets.length === 4, 'four commits')
    expect(run.workers.tasks).toEqual(range(4).map((offset) => [`events/0/${offset}`]))
    expect(run.workers.peak).toBe(1)
    expect(marked).toBe('1/1')
    expect(memory.commits).toEqual(range(4).map(() => 1))
    await run.lane.close()
  })

  it('rejects a message that was tried too often, and runs the next', async () => {
    const memory = new MemoryLane()
    memory.next = 4n
    memory.mark = { opens: 4, tries: 3 }
    const run = laneOf(6, { lane: memory })
    await run.open()
    await run.deliver()
    await run.lane.close()
    expect(memory.offsets).toEqual([4, 5])
    const [guilty, innocent] = memory.visible
    expect(guilty.outcome.rejects).toMatchObject([
      { code: 'MESSAGE_CRASHES', row: null, place: 'events/0/4' },
    ])
    expect(innocent.outcome.rejects).toEqual([])
    expect(run.workers.tasks.flat()).toEqual(['events/0/5'])
  })

  it('does not count failed commits as deaths of the process', async () => {
    const faults: Fault[] = ['ok', 'ok', ...range(8).flatMap((): Fault[] => ['lost', 'ok', 'ok'])]
    const memory = new MemoryLane()
    memory.mark = { opens: 1, tries: 0 }
    const run = laneOf(3, { lane: memory, faults, attempts: 2 })
    await run.open()
    // Eight reopenings wait ever longer; three are more than `attempts`.
    for (const _round of range(3)) {
      const before = run.errors.length
      await run.lane.push([messageOf(bytesOf(0), 0)], 1n)
      await until(() => run.errors.length > before && run.lane.pending === 0, 'a failed commit')
      expect(memory.mark.tries).toBeLessThanOrEqual(1)
    }
    await run.lane.close()
    expect(memory.visible).toEqual([])
  })
})
