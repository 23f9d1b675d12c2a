import { describe, expect, it } from 'vitest'
import { SpillwayError } from '#spillway/errors.js'
import type { Bundle } from '#spillway/models/manifest.js'
import { LineUps, type LineUpWorkers } from '#spillway/stream/control/line-ups.js'
import { Gatherer } from '#spillway/stream/gatherer.js'
import type { LineUpOffer } from '#spillway/stream/work.js'
import { messageOf } from '../support/messages.js'
import { type Script, ScriptedWorkers } from '../support/workers.js'

const bundle = {} as Bundle
const first: LineUpOffer = { id: 0, steps: { m: { live: 'a' } }, bundles: { a: bundle } }
const to = (key: string) => ({ step: 'm', models: () => ({ live: key }), bundles: { [key]: bundle } })

/** Workers that note what they are told; `refuse` fails the next offer. */
function fake() {
  const told: string[] = []
  const offers: LineUpOffer[] = []
  const state = { refuse: false, before: async () => {} }
  const workers: LineUpWorkers = {
    async lineUp(offer) {
      await state.before()
      if (state.refuse) throw new SpillwayError('MODEL_INVALID', 'no')
      told.push(`load ${offer.id}`)
      offers.push(offer)
      return []
    },
    adopt: (offer) => void told.push(`adopt ${offer.id}`),
    drop: (id) => void told.push(`drop ${id}`),
  }
  return { told, offers, state, lineUps: new LineUps(workers, first, []) }
}

describe('line-ups', () => {
  it('drop what nobody holds any more, and not before', async () => {
    const { told, offers, lineUps } = fake()
    const held = lineUps.hold()
    expect([held, lineUps.hold()]).toEqual([0, 0])
    await lineUps.change(to('b'))
    expect([lineUps.current, told]).toEqual([1, ['load 1']])
    lineUps.release(0)
    expect(told).toEqual(['load 1'])
    lineUps.release(0)
    expect(told).toEqual(['load 1', 'drop 0'])
    await lineUps.change(to('c'))
    expect(told.slice(2)).toEqual(['load 2', 'drop 1'])
    expect(Object.keys(offers[1].bundles)).toEqual(['c'])
  })

  it('stay as they are when a worker refuses', async () => {
    const { state, lineUps } = fake()
    state.refuse = true
    await expect(lineUps.change(to('b'))).rejects.toMatchObject({ code: 'MODEL_INVALID' })
    expect([lineUps.current, lineUps.of('m')]).toEqual([0, { live: 'a' }])
    state.refuse = false
    await lineUps.change(to('c'))
    expect(lineUps.of('m')).toEqual({ live: 'c' })
  })

  it('do not let in again what was taken back while another change was loading', async () => {
    const { state, told, lineUps } = fake()
    await lineUps.change(to('bad'))
    let retreated = false
    state.before = async () => {
      if (retreated) return
      retreated = true
      lineUps.retreat(to('a'), [])
    }
    await lineUps.change({ step: 'm', models: ({ live }) => ({ live, shadow: 's' }), bundles: { s: bundle } })
    expect(lineUps.of('m')).toEqual({ live: 'a', shadow: 's' })
    expect(told.filter((line) => line.startsWith('adopt'))).toHaveLength(1)
  })
})

/** A gatherer over scripted workers; `during` runs while the n-th task is under way. */
function gathering(during: (task: number, lineUps: LineUps) => ReturnType<Script>, slots = 1) {
  const { lineUps } = fake()
  let task = 0
  const workers = new ScriptedWorkers(() => during(++task, lineUps), slots)
  const options = { rows: 100, bytes: 1_000, seconds: 1, delayMs: 0, attempts: 2 }
  const gatherer = new Gatherer(workers, options, { task: () => {} }, lineUps)
  workers.onRoom = () => gatherer.pump()
  const submit = (count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, i) =>
        gatherer.submit(messageOf(Buffer.alloc(100, i), i, { headers: new Map() })),
      ),
    )
  return { workers, submit, lineUps }
}

describe('messages', () => {
  it('that lost their worker are done again with the models they began with', async () => {
    const { workers, submit, lineUps } = gathering(async (task, ups) => {
      if (task > 1) return 'ok'
      await ups.change(to('b'))
      return 'crash'
    })
    const outcomes = await submit(3)
    expect(outcomes.map(({ rejects }) => rejects)).toEqual([[], [], []])
    // All three together, then each alone, as suspects.
    expect(workers.tasks.map((places) => places.length)).toEqual([3, 1, 1, 1])
    expect(workers.lineUps).toEqual([0, 0, 0, 0])
    await submit(1)
    expect(workers.lineUps.at(-1)).toBe(1)
    expect(lineUps.current).toBe(1)
  })

  it('whose models were taken back are done again with others, and are not blamed', async () => {
    const { workers, submit, lineUps } = gathering(async (task, ups) => {
      if (task === 1) await ups.change(to('bad'))
      if (task !== 2 && task !== 3) return 'ok'
      if (task === 3) ups.retreat(to('a'), [])
      return 'crash'
    })
    await submit(1)
    const [outcome] = await submit(1)
    expect(outcome.rejects).toEqual([])
    expect(workers.lineUps).toEqual([0, 1, 1, 2])
    expect(lineUps.of('m')).toEqual({ live: 'a' })
  })
})
