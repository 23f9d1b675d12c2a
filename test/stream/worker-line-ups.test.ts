import { expect, it } from 'vitest'
import type { Bundle } from '#spillway/models/manifest.js'
import type { LineUpOffer, WorkerOrder } from '#spillway/stream/work.js'
import { type Member, WorkerLineUps } from '#spillway/stream/worker-line-ups.js'

const offer = (id: number): LineUpOffer => ({
  id,
  steps: { m: { live: `m#${id}` } },
  bundles: { [`m#${id}`]: { model: new Uint8Array(1 << 20), probe: null } as unknown as Bundle },
})

interface FakeMember extends Member {
  ready: boolean
  readonly told: WorkerOrder[]
}

const memberWith = (lineUps: readonly number[], ready: boolean): FakeMember => {
  const told: WorkerOrder[] = []
  return { lineUps: new Set(lineUps), ready, told, tell: (order) => void told.push(order) }
}

it('a worker that started with a line-up that was dropped meanwhile is told to free it', () => {
  const starting = memberWith([0], false)
  const lineUps = new WorkerLineUps<FakeMember>([starting], offer(0))
  lineUps.adopt(offer(1))
  lineUps.drop(0)
  expect(starting.told).toEqual([])
  starting.ready = true
  lineUps.catchUp(starting)
  expect(starting.told).toEqual([{ offer: offer(1) }, { drop: 0 }])
  expect([...starting.lineUps]).toEqual([1])
})

it('holds only the line-ups in use, however many there were', () => {
  const member = memberWith([0], true)
  const lineUps = new WorkerLineUps<FakeMember>([member], offer(0))
  for (let id = 1; id <= 100; id++) {
    lineUps.adopt(offer(id))
    lineUps.drop(id - 1)
  }
  expect(lineUps.inUse.map(({ id }) => id)).toEqual([100])
  expect([...member.lineUps]).toEqual([100])
  expect(member.told.filter((order) => 'drop' in order)).toHaveLength(100)
})
