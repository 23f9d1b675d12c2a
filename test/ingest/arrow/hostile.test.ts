import { describe, expect, it } from 'vitest'
import { Header } from '#spillway/ingest/arrow/frames.js'
import { decodeMessage, defaultLimits, encodeColumns } from '#spillway/ingest/arrow/index.js'
import type { Column } from '#spillway/ingest/columns.js'
import {
  bufferStart,
  changed,
  floats,
  frameOf,
  message,
  type Parts,
  refusal,
  rows,
  viewOf,
} from '../../support/altered-stream.js'
import { fixture } from '../../support/fixtures.js'
import { walkEvents } from '../../support/walk.js'

describe('nothing and next to nothing', () => {
  it('no bytes are MESSAGE_EMPTY', () => {
    expect(refusal(new Uint8Array(0)).code).toBe('MESSAGE_EMPTY')
  })

  it('no rows are events without rows, whether there is a batch or not', () => {
    const offsets = new Map([['jets', new Int32Array(1)]])
    const column: Column = { axis: 'jets', type: 'float32', values: new Float32Array(0), valid: null }
    const bytes = encodeColumns(0, new Map([['jets', column]]), offsets, new Map())
    const events = decodeMessage(bytes, defaultLimits)
    walkEvents(events)
    expect([events.rows, [...events.offsets('jets')]]).toEqual([0, [0]])
    const schema = frameOf(bytes, Header.schema)
    const alone = Uint8Array.from([...bytes.subarray(0, schema.end), 255, 255, 255, 255, 0, 0, 0, 0])
    walkEvents(decodeMessage(alone, defaultLimits))
    expect(decodeMessage(alone, defaultLimits).column('jets').values).toHaveLength(0)
  })

  it('events without jets, jets without constituents', () => {
    const offsets = new Map([
      ['jets', Int32Array.of(0, 0, 2, 2)],
      ['jets.tracks', Int32Array.of(0, 0, 3)],
    ])
    const column: Column = { axis: 'jets.tracks', type: 'float32', values: floats(3), valid: null }
    const events = decodeMessage(
      encodeColumns(3, new Map([['pt', column]]), offsets, new Map()),
      defaultLimits,
    )
    walkEvents(events)
    expect([...events.offsets('pt')]).toEqual([0, 0, 2, 2])
    expect([...events.offsets('pt.item')]).toEqual([0, 0, 3])
  })
})

describe('cut, glued or mislabelled streams are undecodable, with the byte', () => {
  it('cut at every length', () => {
    const bytes = message()
    const batch = frameOf(bytes, Header.recordBatch)
    for (let length = 1; length < bytes.length; length++) {
      // A stream may end without its marker, right after a batch.
      if (length === batch.end) continue
      const error = refusal(bytes.subarray(0, length))
      expect([length, error.code]).toEqual([length, 'MESSAGE_UNDECODABLE'])
      expect(error.place).toMatch(/byte \d+/)
    }
    expect(decodeMessage(bytes.subarray(0, batch.end), defaultLimits).rows).toBe(rows)
  })

  it('a file cut at many lengths', () => {
    const bytes = fixture('zj_lo.arrow')
    for (let length = 1; length < bytes.length; length += 97)
      expect(refusal(bytes.subarray(0, length)).code).toBe('MESSAGE_UNDECODABLE')
  })

  it('two streams in one message: the second would be lost', () => {
    const error = refusal(Uint8Array.from([...message(), ...message()]))
    expect(error.message).toMatch(/bytes follow the end/)
  })

  for (const [name, bytes, pattern] of [
    ['text', new TextEncoder().encode('{"event": 1, "weight": 2}'), /continuation marker/],
    ['zeros', new Uint8Array(64), /continuation marker/],
    ['an end marker alone', Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0), /no schema/],
    ['"ARROW1" alone', new TextEncoder().encode('ARROW1\0\0'), /cut, or never finished/],
  ] as const)
    it(name, () => void expect(refusal(bytes).message).toMatch(pattern))

  it('wrong continuation marker', () => {
    const bytes = message()
    bytes[0] = 0xfe
    expect(refusal(bytes).place).toBe('byte 0')
  })

  for (const length of [-1, -(2 ** 31), 2 ** 31 - 1, 1 << 20])
    it(`metadata length ${length}`, () => {
      for (const header of [Header.schema, Header.recordBatch]) {
        const bytes = message()
        const { start } = frameOf(bytes, header)
        viewOf(bytes).setInt32(start + 4, length, true)
        expect(refusal(bytes)).toMatchObject({ code: 'MESSAGE_UNDECODABLE', place: `byte ${start + 4}` })
      }
    })

  for (const by of [16, -16, 2 ** 40])
    it(`bodyLength off by ${by}`, () => {
      const bytes = message()
      const { flat, bodyLength } = frameOf(bytes, Header.recordBatch)
      viewOf(bytes).setBigInt64(flat.field(flat.root(), 3), BigInt(bodyLength + by), true)
      expect(refusal(bytes).code).toBe('MESSAGE_UNDECODABLE')
    })

  it('big-endian', () => {
    // Endianness is left out of a little-endian schema: the slot is made to point at the (non-zero) soffset.
    const bytes = message()
    const { flat, table } = frameOf(bytes, Header.schema)
    viewOf(bytes).setUint16(table - flat.i32(table) + 4, 4, true)
    expect(refusal(bytes)).toMatchObject({
      code: 'MESSAGE_UNDECODABLE',
      message: expect.stringMatching(/big-endian/),
    })
  })
})

describe('arrays that do not fit together are undecodable, with field and row', () => {
  const cases: readonly (readonly [string, (parts: Parts) => void, RegExp, RegExp])[] = [
    [
      'a batch of -1 rows',
      ({ view, rows }) => view.setBigInt64(rows, -1n, true),
      /-1 rows/,
      /record batch 0/,
    ],
    [
      'a batch longer than its columns',
      ({ view, rows }) => view.setInt32(rows, 101, true),
      /batch has 101/,
      /field event/,
    ],
    [
      'a node of -5 values',
      ({ view, nodes }) => view.setBigInt64(nodes + 16, -5n, true),
      /-5 values/,
      /byte/,
    ],
    ['more nulls than values', ({ view, nodes }) => view.setInt32(nodes + 24, 101, true), /101 null/, /byte/],
    [
      'a wrong count of nulls',
      ({ view, nodes }) => view.setInt32(nodes + 24, 24, true),
      /24 nulls declared, 25/,
      /field pt/,
    ],
    [
      'nulls without bitmap',
      ({ view, buffers }) => view.setInt32(buffers + 2 * 16 + 8, 0, true),
      /no validity bitmap/,
      /field pt/,
    ],
    [
      'a bitmap too short',
      ({ view, buffers }) => view.setInt32(buffers + 2 * 16 + 8, 12, true),
      /need 13/,
      /field pt/,
    ],
    [
      'a buffer too short',
      ({ view, buffers }) => view.setInt32(buffers + 3 * 16 + 8, 399, true),
      /need 400/,
      /field pt/,
    ],
    [
      'a buffer outside the body',
      ({ view, buffers }) => view.setInt32(buffers + 3 * 16, 1 << 20, true),
      /not inside a body/,
      /byte/,
    ],
    [
      'a buffer at -8',
      ({ view, buffers }) => view.setBigInt64(buffers + 16, -8n, true),
      /not inside a body/,
      /byte/,
    ],
    [
      'a buffer of 2^62 bytes',
      ({ view, buffers }) => view.setBigInt64(buffers + 24, 2n ** 62n, true),
      /not inside a body/,
      /byte/,
    ],
    [
      'offsets that fall',
      (p) => p.view.setInt32(bufferStart(p, 5) + 40, 99, true),
      /fall from 99 to 22/,
      /field jets, record batch 0, row 10/,
    ],
    ['a first offset below zero', (p) => p.view.setInt32(bufferStart(p, 5), -1, true), /negative/, /row 0/],
    [
      'a last offset beyond the items',
      (p) => p.view.setInt32(bufferStart(p, 5) + 400, 201, true),
      /end at 201, there are 200/,
      /field jets/,
    ],
    [
      'offsets too short',
      ({ view, buffers }) => view.setInt32(buffers + 5 * 16 + 8, 400, true),
      /need 404/,
      /field jets/,
    ],
    [
      'fewer items than the offsets say',
      ({ view, nodes }) => view.setInt32(nodes + 3 * 16, 199, true),
      /there are 199 items/,
      /field jets/,
    ],
  ]
  for (const [name, change, what, where] of cases)
    it(name, () => {
      const error = refusal(changed(message(), change))
      expect(error.code).toBe('MESSAGE_UNDECODABLE')
      expect(error.message).toMatch(what)
      expect(error.place).toMatch(where)
    })

  it('a first offset above zero is a slice, and is read as one', () => {
    const bytes = changed(message(), (p) => {
      for (let i = 0; i < 3; i++) p.view.setInt32(bufferStart(p, 5) + 4 * i, 4, true)
    })
    const events = decodeMessage(bytes, defaultLimits)
    walkEvents(events)
    expect([...events.offsets('jets').subarray(0, 4)]).toEqual([0, 0, 0, 2])
    expect(events.column('jets').values[0]).toBe(0.5)
  })
})

describe('dictionaries', () => {
  it('missing', () => {
    const bytes = fixture('h4l.arrows')
    const { start, end } = frameOf(bytes, Header.dictionary)
    const without = Uint8Array.from([...bytes.subarray(0, start), ...bytes.subarray(end)])
    expect(refusal(without)).toMatchObject({
      code: 'MESSAGE_UNDECODABLE',
      place: 'field process, record batch 0',
    })
  })

  it('an index beyond it', () => {
    const bytes = changed(fixture('h4l.arrows'), (p) => p.view.setInt8(bufferStart(p, 3) + 5, 100))
    const error = refusal(bytes)
    expect(error.message).toMatch(/dictionary index 100/)
    expect(error.place).toBe('field process, record batch 0, row 5')
  })

  it('a string that is not UTF-8', () => {
    const bytes = fixture('h4l.arrows')
    const { end } = frameOf(bytes, Header.dictionary)
    bytes[end - 8] = 0xff
    expect(refusal(bytes)).toMatchObject({
      code: 'MESSAGE_UNDECODABLE',
      message: 'a string that is not UTF-8',
    })
  })
})
