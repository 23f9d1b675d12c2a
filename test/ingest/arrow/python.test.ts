import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  ArrowFileWriter,
  decodeMessage,
  defaultLimits,
  encodeColumns,
  encodeSubset,
} from '#spillway/ingest/arrow/index.js'
import type { Column } from '#spillway/ingest/columns.js'
import { fixture } from '../../support/fixtures.js'
import { need, python } from '../../support/need.js'
import { walkEvents } from '../../support/walk.js'

const folder = mkdtempSync(join(tmpdir(), 'spillway-pyarrow-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** `show` gives all values of a table as text; nanoseconds as numbers, which Python cannot hold otherwise. */
const head = `import sys, json, pyarrow as pa, pyarrow.ipc as ipc
def show(t):
  return str([(c.cast(pa.int64()) if c.type in (pa.duration('ns'), pa.time64('ns')) else c).to_pylist() for c in t.columns])`

const run = (script: string, ...args: string[]) =>
  execFileSync(python, ['-c', `${head}\n${script}`, ...args], {
    maxBuffer: 1 << 26,
  })
const put = (name: string, bytes: Uint8Array) => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}

describe.skipIf(!need('python', ['pyarrow', 'numpy']))('pyarrow', () => {
  it('reads scores: nulls, lists, nested lists, text', () => {
    const columns = new Map<string, Column>([
      ['event', { axis: '', type: 'uint64', values: BigUint64Array.of(1n, 2n), valid: null }],
      ['p', { axis: '', type: 'float32', values: Float32Array.of(0.5, 1), valid: Uint8Array.of(0, 1) }],
      ['q', { axis: 'jets', type: 'float64', values: Float64Array.of(1, 2, 3), valid: null }],
      ['ok', { axis: 'jets.tracks', type: 'bool', values: Uint8Array.of(1, 0), valid: Uint8Array.of(1, 0) }],
      ['kind', { axis: '', type: 'utf8', values: Int32Array.of(0, 0), valid: null, dictionary: ['χ²'] }],
    ])
    const offsets = new Map([
      ['jets', Int32Array.of(0, 1, 3)],
      ['jets.tracks', Int32Array.of(0, 0, 2, 2)],
    ])
    const path = put('scores.arrows', encodeColumns(2, columns, offsets, new Map([['model', 'm']])))
    const script = `t = ipc.open_stream(sys.argv[1]).read_all(); t.validate(full=True)
print(json.dumps([t.to_pylist(), {k.decode(): v.decode() for k, v in t.schema.metadata.items()}]))`
    expect(JSON.parse(String(run(script, path)))).toEqual([
      [
        { event: 1, p: null, q: [1], ok: [[]], kind: 'χ²' },
        { event: 2, p: 1, q: [2, 3], ok: [[true, null], []], kind: 'χ²' },
      ],
      { model: 'm' },
    ])
  })

  for (const name of ['types.arrows', 'h4l.arrows', 'zj_lo-zstd.arrows'])
    it(`finds in a cut of ${name} exactly the rows taken, schema and metadata unchanged`, () => {
      const path = put('cut.arrows', encodeSubset(fixture(name), [0, 5, 6, 19, 20, 36]))
      const script = `cut = ipc.open_stream(sys.argv[1]).read_all(); cut.validate(full=True)
whole = ipc.open_stream(sys.argv[2]).read_all().take([0, 5, 6, 19, 20, 36])
assert cut.schema.equals(whole.schema, check_metadata=True), cut.schema
assert show(cut) == show(whole)`
      run(script, path, put('whole.arrows', fixture(name)))
    })

  it('reads files of the writer', async () => {
    const path = join(folder, 'joined.arrow')
    const writer = await ArrowFileWriter.open(path)
    for (const name of ['types.arrows', 'types.arrows']) await writer.append(fixture(name))
    await writer.finish()
    const script = `f = ipc.open_file(sys.argv[1]); t = f.read_all(); t.validate(full=True); w = ipc.open_stream(sys.argv[2]).read_all()
assert show(t) == show(pa.concat_tables([w, w])); print(f.num_record_batches)`
    expect(Number(run(script, path, put('types.arrows', fixture('types.arrows'))))).toBe(4)
  })

  for (const codec of ['lz4', 'zstd'])
    it(`writes ${codec} bodies of many kinds that are read as the plain ones are`, () => {
      const script = `import numpy as np
rng = np.random.default_rng(3)
n = 30000
text = [f"event {i * i % 977}" for i in range(n)]
t = pa.table({
 'same': np.ones(n, np.float32), 'noise': rng.random(n), 'small': rng.integers(0, 5, n, dtype=np.int32), 'steps': np.arange(n) // 7,
 'text': text, 'normal': rng.normal(size=n).astype(np.float32), 'bytes': rng.integers(0, 200, n).astype(np.uint8),
 'lists': pa.ListArray.from_arrays(pa.array(np.sort(rng.integers(0, n, n + 1)).astype(np.int32)), pa.array(rng.random(n).astype(np.float32)))})
with ipc.new_stream(sys.argv[2], t.schema, options=ipc.IpcWriteOptions(compression=None if sys.argv[1] == 'plain' else sys.argv[1])) as w:
  w.write_table(t)
sys.stdout.buffer.write(open(sys.argv[2], 'rb').read())`
      const bytes = (compression: string) =>
        Uint8Array.from(run(script, compression, join(folder, 'kinds.arrows')))
      const [plain, packed] = [bytes('plain'), bytes(codec)].map((b) =>
        decodeMessage(b, { ...defaultLimits, maxRatio: 1000 }),
      )
      walkEvents(packed)
      for (const { path } of plain.schema.columns) expect(packed.column(path)).toEqual(plain.column(path))
    })
})
