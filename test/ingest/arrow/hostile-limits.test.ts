import { describe, expect, it } from 'vitest'
import { decodeMessage, defaultLimits } from '#spillway/ingest/arrow/index.js'
import { Type } from '#spillway/ingest/arrow/types.js'
import { writeStream } from '#spillway/ingest/arrow/write-batch.js'
import { writeSchema } from '#spillway/ingest/arrow/write-schema.js'
import { bufferStart, changed, message, refusal } from '../../support/altered-stream.js'
import { fixture } from '../../support/fixtures.js'

describe('limits hold before anything is allocated', () => {
  const plain = { nullable: true, dictionary: null, metadata: new Map<string, string>() }
  const leaf = (name: string) => ({ ...plain, name, type: { id: Type.bool, parameters: [] }, children: [] })

  it('bytes and rows', () => {
    expect(refusal(message(), { ...defaultLimits, maxBytes: 1000 })).toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
    })
    expect(refusal(message(), { ...defaultLimits, maxRows: 99 })).toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
    expect(refusal(fixture('types.arrows'), { ...defaultLimits, maxRows: 36 }).place).toMatch(
      /record batch 1/,
    )
  })

  it('a list of 2^31 items of nothing', () => {
    const item = { ...plain, name: 'item', type: { id: Type.null, parameters: [] }, children: [] }
    const list = { ...plain, name: 'jets', type: { id: Type.list, parameters: [] }, children: [item] }
    const most = 2 ** 31 - 1
    const buffers = [new Uint8Array(0), Int32Array.of(0, most)]
    const batch = { rows: 1, nodes: [1, 0, most, most], buffers }
    const bytes = writeStream([writeSchema({ fields: [list], metadata: new Map() }), batch])
    expect(refusal(bytes).code).toBe('MESSAGE_TOO_LARGE')
  })

  it('a long name above many fields, whose paths would fill the memory', () => {
    const children = Array.from({ length: 10_000 }, (_, i) => leaf(`f${i}`))
    const struct = {
      ...plain,
      name: 'x'.repeat(100_000),
      type: { id: Type.struct, parameters: [] },
      children,
    }
    const schema = writeSchema({ fields: [struct], metadata: new Map() })
    expect(refusal(writeStream([schema])).message).toMatch(/path has 100000 characters/)
  })

  it('20,000 fields, or 100 levels', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => leaf(`f${i}`))
    let deep = leaf('f')
    for (let i = 0; i < 100; i++)
      deep = { ...leaf('f'), type: { id: Type.struct, parameters: [] }, children: [deep] } as never
    for (const fields of [many, [deep]])
      expect(refusal(writeStream([writeSchema({ fields, metadata: new Map() })])).code).toBe(
        'MESSAGE_TOO_LARGE',
      )
  })

  it('a list without a name is no axis', () => {
    const list = { ...plain, name: '', type: { id: Type.list, parameters: [] }, children: [leaf('item')] }
    const batch = {
      rows: 0,
      nodes: [0, 0, 0, 0],
      buffers: Array.from({ length: 4 }, () => new Uint8Array(0)),
    }
    const fields = [list]
    const events = decodeMessage(
      writeStream([writeSchema({ fields, metadata: new Map() }), batch]),
      defaultLimits,
    )
    expect(events.schema).toMatchObject({ axes: [], columns: [] })
    expect(() => events.column('')).toThrow(/no name/)
  })

  for (const name of ['zj_lo-lz4.arrows', 'zj_lo-zstd.arrows'])
    it(`${name}: a buffer that declares 2^40, 2^62 or -7 bytes, or one byte more`, () => {
      for (const declared of [2n ** 40n, 2n ** 62n, -7n]) {
        const bytes = changed(fixture(name), (p) => p.view.setBigInt64(bufferStart(p, 1), declared, true))
        expect(refusal(bytes).code).toBe(declared < 0n ? 'MESSAGE_UNDECODABLE' : 'MESSAGE_TOO_LARGE')
      }
      const bytes = changed(fixture(name), (p) => {
        const at = bufferStart(p, 1)
        p.view.setBigInt64(at, p.view.getBigInt64(at, true) + 1n, true)
      })
      expect(refusal(bytes)).toMatchObject({ code: 'MESSAGE_UNDECODABLE', place: 'buffer 1, record batch 0' })
    })

  it('a body that inflates beyond the ratio', () => {
    const bytes = fixture('largeR_jets-zstd.arrows')
    expect(refusal(bytes, { ...defaultLimits, maxRatio: 1 }).code).toBe('MESSAGE_TOO_LARGE')
  })
})
