import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RecordBatchFileWriter, Table, tableFromArrays, tableFromIPC, tableToIPC } from 'apache-arrow'
import { afterAll, describe, expect, it } from 'vitest'
import { SpillwayError } from '#spillway/errors.js'
import {
  ArrowFile,
  ArrowFileWriter,
  arrowFormat,
  batches,
  decodeMessage,
  defaultLimits,
  encodeColumns,
  schemaOf,
  schemaOfFile,
} from '#spillway/ingest/arrow/index.js'
import type { Column } from '#spillway/ingest/columns.js'
import { fixture } from '../../support/fixtures.js'
import { mutate } from '../../support/mutate.js'
import { flattened, referenceOf } from '../../support/reference.js'

const folder = mkdtempSync(join(tmpdir(), 'spillway-arrow-'))
afterAll(() => rmSync(folder, { recursive: true }))

const data = (name: string) => fileURLToPath(new URL(`../../data/${name}`, import.meta.url))
const decode = (bytes: Uint8Array) => decodeMessage(bytes, defaultLimits)
const put = (name: string, bytes: Uint8Array) => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}
async function numbers(path: string): Promise<number[]> {
  const all: number[] = []
  for await (const { bytes } of batches(path))
    all.push(...Array.from(decode(bytes).column('event').values as BigUint64Array, Number))
  return all
}

describe('ArrowFile', () => {
  for (const name of [
    'zj_lo.arrow',
    'types.arrows',
    'zj_lo-lz4.arrows',
    'dictionary-replaced.arrows',
    'dictionary-delta.arrows',
  ])
    it(`${name}: its batches one by one are the whole`, async () => {
      const whole = decode(fixture(name))
      await using file = await ArrowFile.open(data(name))
      expect(file.rows).toBe(whole.rows)
      expect(file.schema).toEqual(whole.schema)
      let base = 0
      for await (const { index, rows, bytes } of file.batches()) {
        const events = decode(bytes)
        expect(events.rows).toBe(rows)
        expect((await file.batch(index)).bytes).toEqual(bytes)
        for (const path of ['event', 'kind', 'process'].filter((path) => events.has(path))) {
          const text = flattened(events).values.get(path)
          expect(text).toEqual(
            flattened(whole)
              .values.get(path)!
              .slice(base, base + rows),
          )
        }
        base += rows
      }
      expect(base).toBe(whole.rows)
      expect(await schemaOfFile(data(name))).toEqual(schemaOf(fixture(name)))
    })

  it('reads files of apache-arrow, whose schema is in the footer alone', async () => {
    const table = tableFromArrays({ event: BigUint64Array.of(1n, 2n, 3n), kind: ['a', 'b', 'a'] })
    const path = put('js.arrow', tableToIPC(table, 'file'))
    await using file = await ArrowFile.open(path)
    expect(flattened(decode((await file.batch(0)).bytes))).toEqual(referenceOf(table))
    const many = put(
      'js-many.arrow',
      await RecordBatchFileWriter.writeAll(new Table([...table.batches, ...table.batches])).toUint8Array(),
    )
    expect(await numbers(many)).toEqual([1, 2, 3, 1, 2, 3])
  })

  it('names what is not there, is empty, is cut, or is something else', async () => {
    const code = async (path: string) =>
      ArrowFile.open(path).then(
        () => 'opened',
        (error: SpillwayError) => error.code,
      )
    const whole = fixture('zj_lo.arrow')
    expect(await code(join(folder, 'absent.arrow'))).toBe('SOURCE_UNAVAILABLE')
    expect(await code(put('empty.arrow', new Uint8Array(0)))).toBe('FILE_UNREADABLE')
    expect(await code(put('cut.arrow', whole.subarray(0, whole.length - 1)))).toBe('FILE_UNREADABLE')
    expect(await code(put('text.arrow', new TextEncoder().encode('not an Arrow file at all')))).toBe(
      'FILE_UNREADABLE',
    )
  })

  it('opens and reads 3,000 damaged files or refuses them, soon', { timeout: 60_000 }, async () => {
    const tally = { read: 0, refused: 0 }
    for (let seed = 0; seed < 3000; seed++) {
      const { bytes, what } = mutate(
        fixture(seed % 2 === 0 ? 'zj_lo.arrow' : 'dictionary-delta.arrows'),
        seed,
      )
      const path = put('damaged.arrow', bytes)
      const start = performance.now()
      try {
        for await (const batch of batches(path, { maxBytes: 1 << 20 })) decode(batch.bytes)
        tally.read++
      } catch (error) {
        if (!(error instanceof SpillwayError)) throw new Error(what, { cause: error })
        tally.refused++
      }
      if (performance.now() - start > 2000) throw new Error(`${what}: too slow`)
    }
    expect(Math.min(tally.read, tally.refused)).toBeGreaterThan(300)
  })
})

describe('ArrowFileWriter', () => {
  const scores = (first: number, model: string): Uint8Array => {
    const event = BigUint64Array.from({ length: 3 }, (_, i) => BigInt(first + i))
    const columns = new Map<string, Column>([
      ['event', { axis: '', type: 'uint64', values: event, valid: null }],
      ['p', { axis: 'jets', type: 'float32', values: Float32Array.of(1, 2), valid: Uint8Array.of(1, 0) }],
    ])
    return encodeColumns(
      3,
      columns,
      new Map([['jets', Int32Array.of(0, 1, 1, 2)]]),
      new Map([['model', model]]),
    )
  }

  it('makes one file of many messages, which appears only when finished', async () => {
    const path = join(folder, 'scores.arrow')
    const writer = await ArrowFileWriter.open(path)
    for (const [first, model] of [
      [0, 'm 1'],
      [3, 'm 1'],
      [6, 'm 2'],
    ] as const)
      await writer.append(scores(first, model))
    expect(readdirSync(folder)).not.toContain('scores.arrow')
    expect(writer.rows).toBe(9)
    await writer.finish()
    expect(readdirSync(folder).filter((name) => name.startsWith('scores'))).toEqual(['scores.arrow'])
    const table = tableFromIPC(await readFile(path))
    expect(table.batches.length).toBe(3)
    expect(referenceOf(table).values.get('p')).toEqual([1, null, 1, null, 1, null])
    expect(table.schema.metadata.get('model')).toBe('m 1')
    expect(await numbers(path)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(decode(await readFile(path)).rows).toBe(9)
  })

  it('takes messages whose dictionaries differ, and compressed ones', async () => {
    const path = join(folder, 'mixed.arrow')
    const writer = await ArrowFileWriter.open(path)
    await writer.append(fixture('dictionary-replaced.arrows'))
    await writer.append(fixture('dictionary-delta.arrows'))
    await writer.finish()
    const kinds = flattened(decode(await readFile(path))).values.get('kind')
    expect(kinds).toEqual([...['b', 'a', 'a', 'b', 'c', 'c'], ...['b', 'a', 'c', 'a', 'd', 'a']])
    const packed = await ArrowFileWriter.open(join(folder, 'packed.arrow'))
    await packed.append(fixture('types-zstd.arrows'))
    await packed.append(fixture('types-zstd.arrows'))
    // A dictionary of numbers, which stays one, in other bytes: it cannot be told to be the same.
    await expect(packed.append(fixture('types.arrows'))).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' })
    await packed.finish()
    expect(decode(await readFile(join(folder, 'packed.arrow'))).rows).toBe(74)
  })

  it('refuses other fields, and leaves nothing when aborted or empty', async () => {
    const writer = await ArrowFileWriter.open(join(folder, 'aborted.arrow'))
    await writer.append(scores(0, 'm'))
    await expect(writer.append(fixture('h4l.arrows'))).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' })
    await expect(writer.append(new Uint8Array(8))).rejects.toMatchObject({ code: 'MESSAGE_UNDECODABLE' })
    await writer.abort()
    const empty = await ArrowFileWriter.open(join(folder, 'aborted.arrow'))
    await expect(empty.finish()).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(readdirSync(folder).filter((name) => name.startsWith('aborted'))).toEqual([])
    await expect(ArrowFileWriter.open(join(folder, 'no', 'such.arrow'))).rejects.toMatchObject({
      code: 'SINK_UNAVAILABLE',
    })
  })
})

describe('the arrow format', () => {
  it('tells schema and rows', async () => {
    const { rows, schema } = await arrowFormat.info(data('zj_lo.arrow'))
    expect(rows).toBe(64)
    expect(schema.axes).toEqual(['leptons', 'neutrinos', 'jets', 'photons'])
  })

  for (const [name, batchRows, columns] of [
    ['zj_lo.arrow', 7, undefined],
    ['zj_lo.arrow', 50, undefined],
    ['zj_lo.arrow', 1000, ['event', 'jets', 'process']],
    ['h4l.arrows', 48, ['weight']],
  ] as const)
    it(`reads ${name} in batches of ${batchRows}, ${columns ?? 'all columns'}`, async () => {
      const whole = tableFromIPC(fixture(name))
      const wanted = columns === undefined ? whole : whole.select([...columns])
      const read = []
      for await (const batch of arrowFormat.read(data(name), { batchRows, ...(columns && { columns }) }))
        read.push(batch)
      expect(
        read
          .map((batch) => batch.numRows)
          .slice(0, -1)
          .every((rows) => rows === batchRows),
      ).toBe(true)
      // Every batch brings dictionaries of its own: compared batch by batch.
      let base = 0
      for (const batch of read) {
        const part = wanted.slice(base, base + batch.numRows)
        const order = part.schema.fields.map((field) => field.name)
        expect(referenceOf(new Table([batch]).select(order))).toEqual(referenceOf(part))
        base += batch.numRows
      }
      expect(base).toBe(whole.numRows)
    })

  it('joins and cuts every type with nulls', async () => {
    const events = decode(fixture('types.arrows'))
    const read = []
    for await (const batch of arrowFormat.read(data('types.arrows'), { batchRows: 30 })) read.push(batch)
    expect(read.map((batch) => batch.numRows)).toEqual([30, 7])
    const both = read.map((batch) => flattened(decode(tableToIPC(new Table([batch]), 'stream'))))
    for (const [path, values] of flattened(events).values)
      if (!path.startsWith('kind'))
        expect([path, both.flatMap((part) => part.values.get(path) ?? [])]).toEqual([path, values])
  })

  it('stops when aborted, and refuses damage with the place', async () => {
    const stop = new AbortController()
    let seen = 0
    for await (const _ of arrowFormat.read(data('zj_lo.arrow'), { batchRows: 10, signal: stop.signal })) {
      seen++
      stop.abort()
    }
    expect(seen).toBe(1)
    const bytes = fixture('zj_lo.arrow')
    await using file = await ArrowFile.open(data('zj_lo.arrow'))
    expect(file.batchCount).toBe(2)
    bytes.fill(255, 12_000, 12_400)
    const path = put('broken.arrow', bytes)
    const read = async () => {
      for await (const _ of arrowFormat.read(path, { batchRows: 10 })) seen++
    }
    await expect(read()).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      place: expect.stringContaining(path),
    })
  })
})
