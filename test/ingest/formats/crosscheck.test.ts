import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it, vi } from 'vitest'
import type { EventFormat } from '#spillway/ingest/format.js'
import { formats } from '#spillway/ingest/formats/index.js'
import { writeParquet } from '#spillway/ingest/formats/write-parquet.js'
import { need, python } from '../../support/need.js'
import { toArrowFile } from './arrow-file.js'

vi.setConfig({ testTimeout: 180_000 })
const here = dirname(fileURLToPath(import.meta.url))
const raw = join(here, '../../data/raw')
const folder = mkdtempSync(join(tmpdir(), 'spillway-formats-'))
afterAll(() => rmSync(folder, { recursive: true }))

const formatOf = (name: string): EventFormat => formats.find((format) => format.name === name) as EventFormat

interface Comparison {
  readonly rows: number
  readonly compared: number
  readonly differences: Readonly<Record<string, string>>
}

async function compare(kind: string, path: string, batchRows: number, tree = ''): Promise<Comparison> {
  const arrow = join(folder, 'ours.arrow')
  const rows = await toArrowFile(formatOf(kind).read(path, { batchRows }), arrow)
  for (const count of rows.slice(0, -1)) expect(count).toBe(batchRows)
  const output = execFileSync(python, [join(here, 'compare.py'), kind, path, arrow, tree], {
    encoding: 'utf8',
  })
  return JSON.parse(output) as Comparison
}

function make(kind: string, variant: string, ending: string): string {
  const path = join(folder, `${kind}-${variant}${ending}`)
  execFileSync(python, [join(here, 'make.py'), kind, path, variant], { stdio: 'pipe' })
  return path
}

describe.skipIf(!need('python', ['numpy', 'awkward', 'uproot', 'pyarrow']))(
  'against uproot and pyarrow',
  () => {
    it.each(['ZLIB', 'LZ4', 'ZSTD', 'LZMA', 'none'])(
      'reads a TTree packed by %s as uproot does',
      async (codec) => {
        const result = await compare('root', make('root', codec, '.root'), 97, 'Events')
        expect(result).toMatchObject({ rows: 1000, compared: 15, differences: {} })
      },
    )
    it.each(['ZLIB', 'ZSTD', 'none'])('reads an RNTuple packed by %s as uproot does', async (codec) => {
      const result = await compare('root', make('rntuple', codec, '.root'), 97, 'Events')
      expect(result).toMatchObject({ rows: 1000, compared: 13, differences: {} })
    })
    it.each(['snappy', 'gzip', 'zstd', 'lz4', 'brotli', 'none'])(
      'reads Parquet (%s) as pyarrow does',
      async (codec) => {
        const result = await compare('parquet', make('parquet', codec, '.parquet'), 97)
        expect(result).toMatchObject({ rows: 1000, compared: 17, differences: {} })
      },
    )
    it('reads the raw samples as uproot and pyarrow do', async () => {
      const fromRoot = await compare('root', join(raw, 'h4l_ggF_300.root'), 128, 'Events')
      expect(fromRoot).toMatchObject({ rows: 300, compared: 32, differences: {} })
      const fromParquet = await compare('parquet', join(raw, 'h4l_ggF_300.parquet'), 128)
      expect(fromParquet).toMatchObject({ rows: 300, compared: 32, differences: {} })
    })
    it.each(['parquet', 'root'])('writes Parquet that pyarrow reads like the original %s', async (kind) => {
      const original = kind === 'root' ? make('root', 'LZ4', '.root') : make('parquet', 'zstd', '.parquet')
      const copy = join(folder, `copy-of-${kind}.parquet`)
      let writer: Awaited<ReturnType<typeof writeParquet>> | undefined
      for await (const batch of formatOf(kind).read(original, { batchRows: 97 })) {
        writer ??= await writeParquet(copy, batch.schema)
        await writer.write(batch)
      }
      await writer?.close()
      const result = await compare('parquet', copy, 1000)
      expect(result.differences).toEqual({})
      const arrow = join(folder, 'copy.arrow')
      await toArrowFile(formatOf('parquet').read(copy, { batchRows: 97 }), arrow)
      const args = [join(here, 'compare.py'), kind, original, arrow, 'Events']
      const output = JSON.parse(execFileSync(python, args, { encoding: 'utf8' })) as Comparison
      expect(output).toMatchObject({ rows: 1000, differences: {} })
      expect(output.compared).toBeGreaterThan(14)
    })
  },
)

describe.skipIf(!need('python', ['numpy', 'awkward', 'h5py', 'pyarrow']))('against h5py', () => {
  it.each(['none', 'gzip', 'shuffle', 'big'])('reads a dumper file (%s) as h5py does', async (variant) => {
    const result = await compare('hdf5', make('hdf5', variant, '.h5'), 97)
    expect(result).toMatchObject({ rows: 700, compared: 4, differences: {} })
  })
})

describe.skipIf(!need('python', ['awkward', 'pyhepmc', 'pylhe', 'pyarrow']))(
  'against pyhepmc and pylhe',
  () => {
    it.each([
      ['zj_lo_first500.hepmc3.gz', 500],
      ['h4l_ggF_8.hepmc3.gz', 8],
    ])('reads %s as pyhepmc does', async (name, rows) => {
      const result = await compare('hepmc3', join(raw, name), 64)
      expect(result).toMatchObject({ rows, compared: 6, differences: {} })
    })
    it('reads the LHE sample as pylhe does', async () => {
      const result = await compare('lhe', join(raw, 'zj_lo_first500.lhe.gz'), 64)
      expect(result).toMatchObject({ rows: 500, compared: 6, differences: {} })
    })
  },
)

/** Files of scikit-hep-testdata, where a version is installed that ships them (0.2.0 does). */
function shipped(): readonly string[] {
  if (!need('python', ['uproot', 'skhep_testdata'])) return []
  const code =
    'import os, skhep_testdata; print(os.path.join(os.path.dirname(skhep_testdata.__file__), "data"))'
  const data = execFileSync(python, ['-c', code], { encoding: 'utf8' }).trim()
  const files = readdirSync(data).filter((name) => name.endsWith('.root'))
  if (files.length === 0)
    console.error('SKIPPED: this scikit-hep-testdata ships no files (0.2.0 does, put it on PYTHONPATH)')
  return files.map((name) => join(data, name))
}
const chosen: readonly [string, string][] = [
  ['uproot-HZZ.root', 'events'],
  ['uproot-HZZ-lz4.root', 'events'],
  ['uproot-HZZ-lzma.root', 'events'],
  ['uproot-HZZ-zlib.root', 'events'],
  ['uproot-HZZ-uncompressed.root', 'events'],
  ['uproot-Zmumu.root', 'events'],
  ['uproot-mc10events.root', 'Events'],
  ['uproot-small-evnt-tree-fullsplit.root', 'tree'],
  ['uproot-small-flat-tree.root', 'tree'],
  ['uproot-small-dy-withoffsets.root', 'tree'],
  ['uproot-small-dy-nooffsets.root', 'tree'],
  ['uproot-sample-5.23.02-zlib.root', 'sample'],
  ['uproot-sample-6.14.00-lz4.root', 'sample'],
  ['uproot-foriter.root', 'foriter'],
  ['uproot-issue187.root', 'fTreeV0'],
]
const files = shipped()
describe.skipIf(files.length === 0)('against uproot on scikit-hep-testdata', () => {
  it.each(chosen)('%s', async (name, tree) => {
    const path = files.find((file) => file.endsWith(`/${name}`))
    expect(path, `${name} is shipped`).toBeDefined()
    const result = await compare('root', path as string, 50, tree)
    expect(result.differences).toEqual({})
    expect(result.compared).toBeGreaterThan(0)
  })
})
