import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { LaneProducer } from '#spillway/stream/kafka/port.js'
import { readAll, record, sleep, texts, until } from '../support/kafka.js'
import type { Bench } from './kafka.js'

/** Records and offsets become visible together, or not at all. */
export function laneTests(bench: () => Bench): void {
  let lanes = 0
  const setting = async () => {
    const { client, topic } = bench()
    const [input, output] = [await topic(2), await topic(2)]
    const group = `lane-group-${lanes}`
    const transactionalId = `lane-${bench().broker.port}-${lanes++}`
    const offsets = (next: bigint, metadata = '') => ({
      group,
      positions: [{ topic: input, partition: 1, next, metadata }],
    })
    const committed = () => client.admin().committed(group, input, 1)
    return { client, input, output, group, transactionalId, offsets, committed }
  }

  describe('lane', () => {
    test('commits records, offset and metadata, transaction after transaction', async () => {
      const { client, output, transactionalId, offsets, committed } = await setting()
      const lane = client.transactional({ transactionalId })
      await lane.init()
      expect(await committed()).toBeNull()
      await lane.transact([record(output, 0, 'a'), record(output, 1, 'b')], offsets(3n, '{"x":1}'))
      await until(async () => (await committed()) !== null, 'the offset becomes visible')
      expect(await committed()).toEqual({ offset: 3n, metadata: '{"x":1}' })
      for (let i = 4; i < 24; i++) await lane.transact([record(output, 0, `${i}`)], offsets(BigInt(i)))
      await lane.transact([], offsets(100n))
      await lane.init()
      expect(await committed()).toEqual({ offset: 100n, metadata: '' })
      await lane.close()
      const expected = ['a', ...Array.from({ length: 20 }, (_, i) => `${i + 4}`), 'b']
      expect(texts(await readAll(client, output))).toEqual(expected)
    })

    test('a transaction that fails leaves nothing, and init() goes on', async () => {
      const { client, output, transactionalId, offsets, committed } = await setting()
      const lane = client.transactional({ transactionalId, deliveryTimeoutMs: 3_000 })
      await lane.init()
      await lane.transact([record(output, 0, 'before')], offsets(1n))
      const failing = lane.transact(
        [record(output, 0, 'never'), record('no-such-topic', 0, 'x')],
        offsets(2n),
      )
      await expect(failing).rejects.toMatchObject({ code: 'SINK_UNAVAILABLE' })
      await lane.init()
      expect(await committed()).toEqual({ offset: 1n, metadata: '' })
      await lane.transact([record(output, 0, 'after')], offsets(2n))
      await lane.close()
      expect(texts(await readAll(client, output))).toEqual(['before', 'after'])
    })

    test('a record that is too large is MESSAGE_TOO_LARGE; nothing of its transaction is visible', async () => {
      const { client, output, transactionalId, offsets, committed } = await setting()
      const lane = client.transactional({ transactionalId })
      await lane.init()
      const giant = {
        topic: output,
        partition: 1,
        key: null,
        value: randomBytes(21_000_000),
      }
      const failing = lane.transact([record(output, 0, 'never'), giant], offsets(2n))
      await expect(failing).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
      await lane.init()
      expect(await committed()).toBeNull()
      await lane.transact([record(output, 0, 'after')], offsets(1n))
      await lane.close()
      expect(texts(await readAll(client, output))).toEqual(['after'])
    })

    test('init() of a new owner fences the old one at once', async () => {
      const { client, output, transactionalId, offsets, committed } = await setting()
      const other = await bench().open()
      const [zombie, heir]: LaneProducer[] = [client, other].map((each) =>
        each.transactional({ transactionalId }),
      )
      await zombie.init()
      await zombie.transact([record(output, 0, 'old')], offsets(1n))
      await heir.init()
      expect(await committed()).toEqual({ offset: 1n, metadata: '' })
      const late = zombie.transact([record(output, 0, 'zombie')], offsets(2n))
      await expect(late).rejects.toMatchObject({ code: 'LANE_FENCED' })
      await heir.transact([record(output, 0, 'new')], offsets(3n))
      await heir.init()
      expect(await committed()).toEqual({ offset: 3n, metadata: '' })
      await Promise.all([zombie.close(), heir.close()])
      expect(texts(await readAll(client, output))).toEqual(['old', 'new'])
    })

    test('init() settles an open transaction of a dead owner before the offset is read', async () => {
      const { client, output, transactionalId, offsets, committed } = await setting()
      const dead = client.transactional({ transactionalId })
      await dead.init()
      // Cut off in the middle: a large transaction is under way when the heir comes.
      const value = 'x'.repeat(500_000)
      const pending = dead.transact(
        Array.from({ length: 40 }, () => record(output, 0, value)),
        offsets(1n),
      )
      const outcome = pending.then(
        () => 'committed',
        () => 'lost',
      )
      const heir = client.transactional({ transactionalId })
      await heir.init()
      const position = await committed()
      await heir.transact([record(output, 1, 'heir')], offsets(9n))
      const visible = (await readAll(client, output)).filter((item) => item.partition === 0).length
      expect([await outcome, position, visible]).toEqual(
        position === null ? ['lost', null, 0] : ['committed', { offset: 1n, metadata: '' }, 40],
      )
      await Promise.all([dead.close(), heir.close()])
    })

    test('a lane closed in the middle of a transaction: all or nothing, and the next owner goes on', async () => {
      const { client, output, transactionalId, offsets, committed } = await setting()
      const ends: Promise<unknown>[] = []
      const value = (next: bigint) => [record(output, 0, `${next}`), record(output, 0, `${next}`)]
      for (let i = 0; i < 16; i++) {
        const lane = client.transactional({ transactionalId, deliveryTimeoutMs: 5_000 })
        await lane.init()
        const next = ((await committed())?.offset ?? 0n) + 1n
        ends.push(lane.transact(value(next), offsets(next)).catch((error: unknown) => error))
        await sleep(i)
        await lane.close()
      }
      const heir = client.transactional({ transactionalId })
      await heir.init()
      const position = Number((await committed())?.offset ?? 0n)
      await heir.close()
      for (const end of await Promise.all(ends)) {
        if (end === undefined) continue
        const { code } = end as { code?: string }
        expect(['SINK_UNAVAILABLE', 'LANE_AMBIGUOUS', 'LANE_FENCED']).toContain(code)
      }
      const expected = Array.from({ length: position }, (_, k) => [`${k + 1}`, `${k + 1}`]).flat()
      expect(texts(await readAll(client, output))).toEqual(expected)
    })

    test.each(['lose-request', 'lose-answer'] as const)(
      '%s of the commit: all or nothing, and never a wrong answer',
      async (fault) => {
        const { client, output, transactionalId, offsets, committed } = await setting()
        const { proxy, throughProxy } = bench()
        const lane = throughProxy.transactional({ transactionalId })
        await lane.init()
        await lane.transact([record(output, 0, 'first')], offsets(1n))
        const before = proxy.faults()
        proxy.next(fault)
        const outcome = await lane.transact([record(output, 0, 'second')], offsets(2n)).then(
          () => 'committed',
          (error: { code?: string }) => error.code,
        )
        expect(proxy.faults()).toBe(before + 1)
        // A client that asks again may learn the answer; one that does not must say that it is unknown.
        expect(['committed', 'LANE_AMBIGUOUS']).toContain(outcome)
        await lane.init()
        const position = await committed()
        if (outcome === 'committed' || fault === 'lose-answer') expect(position?.offset).toBe(2n)
        else expect(position?.offset).toBe(1n)
        await lane.transact([record(output, 0, 'third')], offsets(3n))
        await lane.close()
        const expected = position?.offset === 2n ? ['first', 'second', 'third'] : ['first', 'third']
        expect(texts(await readAll(client, output))).toEqual(expected)
      },
    )
  })
}
