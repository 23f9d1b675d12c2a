import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { byteOf, hexdump, letterInfo } from '#spillway/stream/dlq.js'
import { DeadLetterFolder } from '#spillway/stream/sinks/dead-letter-folder.js'
import { deadLetters, originalHeaders } from '#spillway/stream/sinks/records.js'
import { tinyEvents, writeBundle } from '../support/bundle.js'
import { spillway, temporaryFolder } from '../support/cli.js'

const folder = temporaryFolder()
folder.file('events.arrow', tinyEvents([1, 2, 3]))
writeBundle(folder.file, 'tiny')
const file = folder.file(
  'p.yaml',
  `name: tiny
source: { files: events.arrow }
steps: [{ name: twice, model: tiny }]
sink:
  scores: { files: out/scores }
  dead_letters: { files: out/dead }
`,
)
const utf8 = new TextEncoder()
const value = Uint8Array.from({ length: 300 }, (_, i) => (i * 7) % 256)
const outcome = (rejects: Parameters<typeof deadLetters>[0]['outcome']['rejects']) => ({
  rows: 0,
  scores: null,
  accepted: null,
  acceptedRows: 0,
  chains: {},
  decisions: [],
  rejects,
})
const message = (offset: bigint, headers: readonly (readonly [string, string])[]) => ({
  topic: 'events.arrow',
  partition: 0,
  offset,
  key: utf8.encode('k'),
  value,
  headers: new Map(headers.map(([name, text]) => [name, utf8.encode(text)] as const)),
  timestamp: 5,
})
const reject = {
  code: 'MESSAGE_UNDECODABLE',
  message: 'bad',
  place: 'events.arrow/0/1, byte 130',
  row: null,
  value: null,
} as const

test('a letter gives back the headers its message came with, those with our names too', () => {
  const headers = [
    ['a', '1'],
    ['spillway.code', 'THEIRS'],
    ['spillway.source', 'x/0/1'],
    ['crc32', 'ff'],
  ] as const
  const [letter] = deadLetters({ message: message(1n, headers), outcome: outcome([reject]) }, 'tiny')
  expect(letterInfo(letter).code).toBe('MESSAGE_UNDECODABLE')
  const original = [...originalHeaders(letter)].map(([name, bytes]) => [
    name,
    new TextDecoder().decode(bytes),
  ])
  expect(original.sort()).toEqual(headers.map((pair) => [...pair]).sort())
})

test('list, show and replay of a folder, byte for byte', async () => {
  const letters = [1n, 2n].flatMap((offset) =>
    deadLetters({ message: message(offset, []), outcome: outcome([reject]) }, 'tiny'),
  )
  const other = deadLetters(
    {
      message: message(3n, []),
      outcome: outcome([{ ...reject, code: 'SCORE_NOT_FINITE', row: 4, value: tinyEvents([9]) }]),
    },
    'tiny',
  )
  new DeadLetterFolder(join(folder.path, 'out/dead')).write([...letters, ...other])

  const counted = await spillway(['dlq', 'list', file, '--json'])
  expect(JSON.parse(counted.out)).toMatchObject([
    { code: 'MESSAGE_UNDECODABLE', count: 2 },
    { code: 'SCORE_NOT_FINITE', count: 1 },
  ])
  const shown = await spillway(['dlq', 'show', file, letters[0].id, '--out', join(folder.path, 'bytes')])
  expect(shown.out).toContain('not readable as Arrow')
  expect([...readFileSync(join(folder.path, 'bytes'))]).toEqual([...value])
  const event = await spillway(['dlq', 'show', file, other[0].id])
  expect(event.out).toMatch(/x +│ event +│ float32/)

  const refused = await spillway(['dlq', 'replay', file])
  expect(refused.code).toBe(1)
  expect(refused.err).toContain('--to FOLDER')
  const to = join(folder.path, 'again')
  const replayed = await spillway([
    'dlq',
    'replay',
    file,
    '--code',
    'MESSAGE_UNDECODABLE',
    '--to',
    to,
    '--remove',
  ])
  expect(replayed.out).toContain('2 dead letters sent')
  for (const { id } of letters) expect([...readFileSync(join(to, `${id}.arrow`))]).toEqual([...value])
  const left = await spillway(['dlq', 'list', file, '--json'])
  expect(JSON.parse(left.out)).toMatchObject([{ code: 'SCORE_NOT_FINITE', count: 1 }])
}, 90_000)

test('a hexdump marks the line of the byte that is named', () => {
  expect(byteOf('zj/1/109, byte 130')).toBe(130)
  const marked = hexdump(value, 130).filter((line) => line.startsWith('>'))
  expect(marked).toHaveLength(1)
  expect(marked[0]).toMatch(/^>00000080 {2}80 87 8e/)
  writeFileSync(join(folder.path, 'empty'), '')
  expect(hexdump(new Uint8Array(), 0)).toEqual([])
})
