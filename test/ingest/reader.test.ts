import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { decodeMessage, defaultLimits } from '#spillway/ingest/arrow/index.js'
import { openEvents } from '#spillway/ingest/event-file.js'
import { type FileMessage, fileMessages } from '#spillway/ingest/reader/messages.js'
import { openReader } from '#spillway/ingest/reader/thread.js'

const raw = (name: string) => fileURLToPath(new URL(`../data/raw/${name}`, import.meta.url))
const view = (name: string) => ({ path: raw(name), map: null, folder: '', columns: null })

/** The values of a column over messages. */
const valuesOf = (messages: readonly FileMessage[], column: string): number[] =>
  messages.flatMap(({ bytes }) => {
    const { values } = decodeMessage(bytes!, defaultLimits).column(column)
    return Array.from(values as ArrayLike<number | bigint>, Number)
  })

async function parts(first: number, rows: number, bytes = 1 << 20): Promise<(readonly FileMessage[])[]> {
  const found: (readonly FileMessage[])[] = []
  const file = await openEvents(raw('h4l_ggF_300.root'))
  for await (const part of fileMessages(file, { first, rows, bytes })) found.push(part)
  return found
}

describe('the messages of a file', () => {
  it('begin at any event, and tell of each part that is passed over', async () => {
    const found = await parts(130, 50)
    expect(found.map((part) => part.map(({ first, next }) => [first, next]))).toEqual([
      [],
      [],
      [[130, 150]],
      [[150, 200]],
      [[200, 250]],
      [[250, 300]],
    ])
    expect(valuesOf(found.flat(), 'event')).toEqual(Array.from({ length: 170 }, (_, i) => 130 + i))
  })

  it('are cut where one would be too large, down to single events', async () => {
    const [whole] = await parts(0, 300)
    expect(whole).toHaveLength(1)
    const [cut] = await parts(0, 300, 20_000)
    expect(cut.length).toBeGreaterThan(10)
    expect(Math.max(...cut.map(({ bytes }) => bytes!.length))).toBeLessThanOrEqual(20_000)
    expect(valuesOf(cut, 'event')).toEqual(valuesOf(whole, 'event'))
    const [single] = await parts(0, 300, 1)
    expect(single.map(({ rows }) => rows)).toEqual(Array(300).fill(1))
  })
})

describe('a reader', () => {
  it('reads one file after another, and one that was left early', async () => {
    const reader = openReader()
    const options = { first: 0, rows: 100, bytes: 1 << 20 }
    const numbers = async (name: string, most = Number.POSITIVE_INFINITY): Promise<number> => {
      let rows = 0
      for await (const message of reader.messages(view(name), options)) {
        rows += message.rows
        if (rows >= most) break
      }
      return rows
    }
    expect(await reader.describe(view('h4l_ggF_300.parquet'))).toMatchObject({ format: 'parquet', rows: 300 })
    expect(await numbers('h4l_ggF_300.parquet')).toBe(300)
    expect(await numbers('h4l_ggF_300.root', 100)).toBe(100)
    expect(await numbers('h4l_ggF_300.root')).toBe(300)
    expect(await reader.describe(view('zj_lo_first500.lhe.gz'))).toMatchObject({ format: 'lhe', rows: null })
    await expect(reader.describe(view('absent.root'))).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
    const map = { ...view('h4l_ggF_300.root'), map: 'jetclass' }
    const place = expect.stringMatching(/jetclass\.yaml:\d+/)
    await expect(reader.describe(map)).rejects.toMatchObject({ code: 'COLUMN_MISSING', place })
    expect(await numbers('h4l_ggF_300.parquet')).toBe(300)
    await reader.close()
  })
})
