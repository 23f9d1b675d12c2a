import { describe, expect, it } from 'vitest'
import { decodeMessage, defaultLimits } from '#spillway/ingest/arrow/index.js'
import type { Message } from '#spillway/ingest/message.js'
import type { Done } from '#spillway/stream/sink.js'
import { deadLetters } from '#spillway/stream/sinks/records.js'
import { runEngine } from '../support/engines.js'
import { MemorySink, MemorySource } from '../support/memory.js'
import { demo, messageOf, messagesOfFile } from '../support/messages.js'
import { mutate } from '../support/mutate.js'
import { cells, temporary } from '../support/pipelines.js'

const LIMIT = 400_000
const LANES = 3
const ROWS = 4
/** One message in so many is left whole. */
const WHOLE = 6

const PIPELINE = `
steps: [{ name: pol, model: ${demo.polarization} }]
workers: { count: 2 }
dead_letters: { max_in_window: 1000000 }
limits: { message_bytes: 1000000 }
`

interface Sent {
  readonly message: Message
  /** Which message it was before; the number of the base message. */
  readonly base: number
  readonly whole: boolean
  readonly what: string
}

/** Lanes of damaged messages with whole ones among them. */
async function flood(count: number, seed: number, checksums: boolean) {
  const bases = await messagesOfFile(demo.zj, ROWS, 5)
  const lanes: Sent[][] = Array.from({ length: LANES }, () => [])
  let damaged = 0
  for (let n = 0; damaged < count; n++) {
    const base = n % bases.length
    const mutation = mutate(bases[base], seed + n)
    const same = Buffer.compare(mutation.bytes, bases[base]) === 0
    const whole = n % WHOLE === 0 || same
    if (!whole) damaged++
    const lane = lanes[n % LANES]
    const headers = checksums ? messageOf(bases[base], 0).headers : new Map()
    const value = whole ? bases[base] : mutation.bytes
    const message = messageOf(value, lane.length, { partition: n % LANES, headers })
    lane.push({ message, base, whole, what: mutation.what })
  }
  return { bases, lanes }
}

async function run(lanes: readonly (readonly Sent[])[]) {
  const sink = new MemorySink()
  const source = new MemorySource(
    lanes.map((sent) => sent.map(({ message }) => message)),
    50,
  )
  const { ended, lost, metrics } = await runEngine(temporary(), PIPELINE, source, sink)
  expect(ended).toBe(true)
  expect(lost).toEqual([])
  const done = lanes.map((sent, partition) => {
    const lane = sink.of('events', partition)
    expect(lane.offsets).toEqual(sent.map((_one, offset) => offset))
    return lane.visible
  })
  return { done, metrics }
}

const scoresOf = ({ outcome }: Done): number[] =>
  ['pol.r_l', 'pol.r_t'].flatMap((path) =>
    cells(decodeMessage(outcome.scores!, defaultLimits).column(path)).map(Number),
  )

/** Whole messages are scored, all alike, whatever came beside them. */
function checkWhole(lanes: readonly (readonly Sent[])[], done: readonly (readonly Done[])[]): void {
  const first = new Map<number, number[]>()
  lanes.forEach((sent, lane) => {
    sent.forEach(({ whole, base }, i) => {
      if (!whole) return
      const one = done[lane][i]
      expect(one.outcome).toMatchObject({ rows: ROWS, rejects: [] })
      const scores = scoresOf(one)
      const reference = first.get(base) ?? scores
      first.set(base, reference)
      scores.forEach((score, k) => {
        expect(Math.abs(score - reference[k])).toBeLessThan(1e-6)
      })
    })
  })
}

describe('bad input', () => {
  it(
    'keeps 10,000 damaged messages byte for byte in the dead letters and scores every whole one',
    async () => {
      const { lanes } = await flood(10_000, 1, true)
      const { done, metrics } = await run(lanes)
      checkWhole(lanes, done)
      let letters = 0
      lanes.forEach((sent, lane) => {
        sent.forEach(({ whole, message, what }, i) => {
          if (whole) return
          const found = deadLetters(done[lane][i], 'test')
          expect(done[lane][i].outcome.rows, what).toBe(0)
          expect(found, what).toHaveLength(1)
          expect(Buffer.compare(found[0].value!, message.value!), what).toBe(0)
          expect(done[lane][i].outcome.rejects[0].code, what).toBe(
            message.value!.length === 0 ? 'MESSAGE_EMPTY' : 'MESSAGE_CORRUPT',
          )
          letters++
        })
      })
      expect(letters).toBe(10_000)
      expect(metrics).toMatch(/spillway_dead_letters_total\{code="MESSAGE_CORRUPT",pipeline="test"\} \d{4}/)
    },
    LIMIT,
  )

  it(
    'without checksums scores or keeps each event of a damaged message, never both, never neither',
    async () => {
      const { lanes } = await flood(4_000, 50_000, false)
      const { done } = await run(lanes)
      checkWhole(lanes, done)
      const codes = new Map<string, number>()
      lanes.forEach((sent, lane) => {
        sent.forEach(({ whole, message, what }, i) => {
          if (whole) return
          const one = done[lane][i]
          const { rows, rejects } = one.outcome
          for (const { code } of rejects) codes.set(code, (codes.get(code) ?? 0) + 1)
          if (rejects.some(({ row }) => row === null)) {
            expect({ rows, rejects: rejects.length }, what).toEqual({ rows: 0, rejects: 1 })
            expect(Buffer.compare(deadLetters(one, 'test')[0].value!, message.value!), what).toBe(0)
            return
          }
          codes.set('scored', (codes.get('scored') ?? 0) + rows)
          const total = decodeMessage(message.value!, defaultLimits).rows
          expect(rows + rejects.length, what).toBe(total)
          expect(new Set(rejects.map(({ row }) => row)).size, what).toBe(rejects.length)
          if (rows > 0) expect(scoresOf(one).every(Number.isFinite), what).toBe(true)
        })
      })
      // The mutations reach what they are meant to reach.
      expect(codes.get('MESSAGE_UNDECODABLE')).toBeGreaterThan(500)
      expect(codes.get('SCORE_NOT_FINITE')).toBeGreaterThan(0)
      expect(codes.get('scored')).toBeGreaterThan(500)
    },
    LIMIT,
  )
})
