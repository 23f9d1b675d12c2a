import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RecordBatch, Schema } from 'apache-arrow'
import { describe, expect, it } from 'vitest'
import { hdf5 } from '#spillway/ingest/formats/hdf5.js'
import { hepmc3 } from '#spillway/ingest/formats/hepmc3.js'
import { lhe } from '#spillway/ingest/formats/lhe.js'
import { root } from '#spillway/ingest/formats/root.js'
import { arrowSchema, recordBatch } from '#spillway/ingest/formats/shared/batch.js'
import { shapesOf } from '#spillway/ingest/formats/shared/from-arrow.js'
import { leaf } from '#spillway/ingest/formats/shared/node.js'
import { planMap } from '#spillway/ingest/mapping/apply.js'
import { loadSchemaMap, mapNames } from '#spillway/ingest/mapping/load.js'
import { parseSchemaMap } from '#spillway/ingest/mapping/schema-map.js'
import { unitFactor } from '#spillway/ingest/mapping/units.js'

const raw = (name: string) => join(fileURLToPath(new URL('../../data/raw', import.meta.url)), name)

async function first(batches: AsyncIterable<RecordBatch>): Promise<RecordBatch> {
  for await (const batch of batches) return batch
  throw new Error('no batch')
}

const of = (schema: Schema) => ({ shapes: shapesOf(schema), metadata: schema.metadata })

const plain = (batch: RecordBatch, row: number): Record<string, unknown> =>
  JSON.parse(String(batch.get(row))) as Record<string, unknown>

describe('schema maps', () => {
  it('has ready-made maps, all of them valid', async () => {
    expect(await mapNames()).toEqual(['dumper', 'hepmc3', 'jetclass', 'lhe', 'nanoaod'])
    for (const name of await mapNames()) expect((await loadSchemaMap(name)).name).toBe(name)
  })

  it('groups NanoAOD branches to lists of records without changing a number', async () => {
    const batch = await first(root.read(raw('h4l_ggF_300.root'), { batchRows: 300 }))
    const plan = planMap(await loadSchemaMap('nanoaod'), of(batch.schema), 'file')
    const mapped = plan.apply(batch)
    expect(mapped.numRows).toBe(300)
    for (const row of [0, 7, 299]) {
      const [from, to] = [plain(batch, row), plain(mapped, row)]
      const jets = to['jets'] as { pt: number; eta: number }[]
      expect(jets.map(({ pt }) => pt)).toEqual(from['Jet_pt'])
      expect(jets.map(({ eta }) => eta)).toEqual(from['Jet_eta'])
      expect((to['met'] as { pt: number }).pt).toBe(from['MET_pt'])
      expect((to['muons'] as unknown[]).length).toBe(from['nMuon'])
    }
    expect(plan.events.axes).toContain('jets')
    expect(plan.events.columns.find(({ path }) => path === 'jets.pt')).toMatchObject({
      axis: 'jets',
      unit: 'GeV',
    })
    expect(plan.reads).not.toContain('nJet')
  })

  it('maps the listings of generators', async () => {
    const listing = await first(hepmc3.read(raw('h4l_ggF_8.hepmc3.gz'), { batchRows: 8 }))
    const events = planMap(await loadSchemaMap('hepmc3'), of(listing.schema), 'file').apply(listing)
    expect(events.numRows).toBe(8)
    const hard = await first(lhe.read(raw('zj_lo_first500.lhe.gz'), { batchRows: 50 }))
    const mapped = planMap(await loadSchemaMap('lhe'), of(hard.schema), 'file').apply(hard)
    expect((plain(mapped, 0)['particles'] as unknown[]).length).toBe(4)
  })

  it('converts units and types, and leaves optional branches out', async () => {
    const map = parseSchemaMap(
      `name: own
columns:
  jet.pt: { branch: jets.pt, from: MeV, unit: GeV }
  jet.number: { branch: jets.number, type: float64 }
  jet.gone: { branch: jets.gone, optional: true }
lists:
  tracks:
    d0: { branch: tracks.d0, from: cm, unit: mm }
`,
      'own.yaml',
    )
    const batch = await first(hdf5.read(raw('dumper_40.h5'), { batchRows: 40 }))
    const mapped = planMap(map, of(batch.schema), 'file').apply(batch)
    const [from, to] = [plain(batch, 3), plain(mapped, 3)]
    expect((to['jet'] as { pt: number }).pt).toBeCloseTo((from['jets'] as { pt: number }).pt / 1000, 4)
    expect(to['jet']).not.toHaveProperty('gone')
    const d0 = (to['tracks'] as { d0: number }[]).map((track) => track.d0)
    expect(d0).toEqual((from['tracks'] as { d0: number }[]).map((track) => Math.fround(track.d0 * 10)))
    expect(unitFactor('MeV', 'GeV', '')).toBe(1e-3)
    expect(unitFactor('cm', 'mm', '')).toBe(10)
    expect(() => unitFactor('cm', 'GeV', 'x')).toThrow('cm cannot be turned into GeV')
  })

  it('derives columns along lists and keeps the events selected', async () => {
    const formula = { is: 'jets.pt / met.pt', type: 'float32' } as const
    const derived = { 'jets.ratio': formula, 'jets.met': { ...formula, is: 'met.pt' } }
    const map = { ...(await loadSchemaMap('nanoaod')), derived, select: 'met.pt > 20' }
    const batch = await first(root.read(raw('h4l_ggF_300.root'), { batchRows: 300 }))
    const mapped = planMap(map, of(batch.schema), 'file').apply(batch)
    const expected = Array.from({ length: 300 }, (_, i) => plain(batch, i)).filter(
      (event) => Number(event['MET_pt']) > 20,
    )
    expect(mapped.numRows).toBe(expected.length)
    expected.forEach((event, i) => {
      const jets = plain(mapped, i)['jets'] as { pt: number; ratio: number; met: number }[]
      for (const { met } of jets) expect(met).toBe(event['MET_pt'])
      expect(jets.map(({ pt }) => pt)).toEqual(event['Jet_pt'])
      for (const { pt, ratio } of jets) expect(ratio).toBe(Math.fround(pt / Number(event['MET_pt'])))
    })
  })

  it('names branch, expectation, finding and the nearest names', async () => {
    const { schema } = await first(root.read(raw('h4l_ggF_300.root'), { batchRows: 1 }))
    const plan = (text: string) => () => planMap(parseSchemaMap(text, 'm'), of(schema), 'file.root')
    expect(plan('name: m\ncolumns: { a: Met_pt }')).toThrow(
      /no branch Met_pt \(one value an event\); the nearest are MET_pt/,
    )
    expect(plan('name: m\ncolumns: { a: Jet_pt }')).toThrow(
      'branch Jet_pt is a list of float32, expected one value an event',
    )
    expect(plan('name: m\nlists: { jets: { n: nJet } }')).toThrow(
      'branch nJet is one value an event of int32, expected a list',
    )
    expect(() => parseSchemaMap('name: m\ncolums: {}', 'm.yaml')).toThrow(/colums/)
    expect(() => parseSchemaMap('name: [', 'm.yaml')).toThrow(
      expect.objectContaining({ code: 'CONFIG_UNREADABLE' }),
    )
    await expect(loadSchemaMap('nanoad')).rejects.toThrow(/the nearest are nanoaod/)
  })

  it('refuses lists whose branches differ in length', () => {
    const list = (name: string) =>
      ({ kind: 'list', name, item: { kind: 'leaf', name: 'item', type: 'float32' } }) as const
    const schema = arrowSchema([list('a'), list('b')], new Map())
    const data = (ends: number[]) =>
      ({ kind: 'list', offsets: Int32Array.from([0, ...ends]), item: leaf(new Float32Array(3)) }) as const
    const map = parseSchemaMap('name: m\nlists: { jets: { a: a, b: b } }', 'm')
    const batch = recordBatch(schema, [data([1, 3]), data([2, 3])], 2)
    expect(() => planMap(map, of(schema), 'file').apply(batch)).toThrow(
      'jets.b has other lengths than jets.a',
    )
  })
})
