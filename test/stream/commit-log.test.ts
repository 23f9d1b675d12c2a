import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { decodeMessage, defaultLimits } from '#spillway/ingest/arrow/index.js'
import { openRowWriter } from '#spillway/ingest/writer/thread.js'
import type { Done } from '#spillway/stream/sink.js'
import { CommitLog } from '#spillway/stream/sinks/commit-log.js'
import { FileLane } from '#spillway/stream/sinks/file-lane.js'
import { streamOf } from '../support/messages.js'
import { readParts, temporary, valuesOf } from '../support/pipelines.js'

const range = (count: number, first = 0) => Array.from({ length: count }, (_, i) => first + i)

it('gives every number once, to whoever asks first', () => {
  const folder = join(temporary(), 'log')
  const [one, other] = [new CommitLog<string>(folder), new CommitLog<string>(folder)]
  expect(one.newest()).toBeNull()
  expect(one.append(0, 'a')).toBe(true)
  expect(other.append(0, 'b')).toBe(false)
  expect(other.newest()).toEqual({ number: 0, state: 'a' })
  expect(other.append(1, 'b')).toBe(true)
  expect(one.append(1, 'c')).toBe(false)
  expect(one.newest()).toEqual({ number: 1, state: 'b' })
  expect(one.isNewest(0)).toBe(false)
})

it('takes nothing from one who slept while the commits after its own were made and removed', () => {
  const folder = join(temporary(), 'log')
  const [awake, asleep] = [new CommitLog<number>(folder), new CommitLog<number>(folder)]
  for (const number of range(40)) expect(awake.append(number, number)).toBe(true)
  expect(readdirSync(folder).length).toBeLessThan(20)
  expect(asleep.append(3, -1)).toBe(false)
  expect(asleep.newest()).toEqual({ number: 39, state: 39 })
})

const events = (first: number, rows: number): Done => ({
  message: {
    topic: 't',
    partition: 0,
    offset: BigInt(first),
    key: null,
    value: null,
    headers: new Map(),
    timestamp: 0,
  },
  outcome: {
    rows,
    scores: streamOf({ event: ['uint64', range(rows, first)] }),
    accepted: null,
    acceptedRows: 0,
    chains: {},
    decisions: [],
    rejects: [],
  },
})

const laneIn = (folder: string) =>
  new FileLane(
    {
      pipeline: 'p',
      scores: { folder: join(folder, 'scores'), format: 'arrow' },
      accepted: null,
      deadLetters: join(folder, 'dead'),
      inputDigest: 't',
    },
    { topic: 't', partition: 0 },
    openRowWriter(),
  )
const seen = (folder: string): number[] => valuesOf(readParts(join(folder, 'scores')), 'event').map(Number)

it('an owner who was taken over from commits nothing more, whatever it has under way', async () => {
  const folder = temporary()
  const [old, heir] = [laneIn(folder), laneIn(folder)]
  await old.open()
  await old.commit([events(0, 10)], 10n)
  expect(await heir.open()).toMatchObject({ next: 10n })
  // Of different lengths: a part of the one is not a part of the other.
  await expect(old.commit([events(10, 7)], 17n)).rejects.toMatchObject({ code: 'LANE_FENCED' })
  expect(seen(folder)).toEqual(range(10))
  await heir.commit([events(10, 4)], 14n)
  await expect(old.mark(17n, { opens: 1, tries: 0 })).rejects.toMatchObject({ code: 'LANE_FENCED' })
  expect(await old.open()).toMatchObject({ next: 14n })
  await expect(heir.commit([events(14, 6)], 20n)).rejects.toMatchObject({ code: 'LANE_FENCED' })
  await old.commit([events(14, 2)], 16n)
  expect(seen(folder)).toEqual(range(16))
})

it('two that commit at one time: one does', async () => {
  const folder = temporary()
  const [one, other] = [laneIn(folder), laneIn(folder)]
  await one.open()
  await one.commit([events(0, 5)], 5n)
  await other.open()
  const ends = await Promise.allSettled([one.commit([events(5, 5)], 10n), other.commit([events(5, 3)], 8n)])
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  expect(seen(folder)).toEqual(range(8))
})

it('the next owner gives the files of the last commit their names, and removes what was not committed', async () => {
  const folder = temporary()
  const scores = join(folder, 'scores')
  const killed = laneIn(folder)
  await killed.open()
  await killed.commit([events(0, 3)], 3n)
  // As a process leaves it that ends between the commit and the renaming, with a part of another one begun.
  const log = new CommitLog<Record<string, unknown>>(join(scores, '.progress-t-0'))
  const { number, state } = log.newest()!
  writeFileSync(join(scores, '.t-0-0-000001.arrow.tmp'), Buffer.from(await arrow(folder, events(3, 2))))
  log.append(number + 1, {
    ...state,
    next: '5',
    parts: 2,
    moves: [{ of: 'scores', from: '.t-0-0-000001.arrow.tmp', to: 't-0-000001.arrow' }],
  })
  writeFileSync(join(scores, '.t-0-0-000002.arrow.tmp.77-x.partial'), 'half')
  const heir = laneIn(folder)
  expect(await heir.open()).toMatchObject({ next: 5n })
  expect(seen(folder)).toEqual(range(5))
  expect(readdirSync(scores).sort()).toEqual(['.progress-t-0', 't-0-000000.arrow', 't-0-000001.arrow'])
})

/** The bytes of a file of these events, by a lane elsewhere. */
async function arrow(folder: string, done: Done): Promise<Uint8Array> {
  const lane = laneIn(join(folder, 'elsewhere'))
  await lane.open()
  await lane.commit([done], 1n)
  const bytes = readFileSync(join(folder, 'elsewhere/scores/t-0-000000.arrow'))
  expect(decodeMessage(bytes, defaultLimits).rows).toBe(done.outcome.rows)
  return bytes
}
