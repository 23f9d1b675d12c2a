import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tableFromIPC } from 'apache-arrow'
import { afterAll, expect, it } from 'vitest'
import { type ConvertOptions, convertFiles } from '#spillway/ingest/convert.js'
import { bar, formatInspection, inspectFile, sparkline } from '#spillway/ingest/inspect.js'
import { loadSchemaMap } from '#spillway/ingest/mapping/load.js'
import { need, python } from '../support/need.js'

const raw = (name: string) => fileURLToPath(new URL(`../data/raw/${name}`, import.meta.url))
const nanoaod: ConvertOptions = { map: await loadSchemaMap('nanoaod'), batchRows: 128 }
const folder = mkdtempSync(join(tmpdir(), 'spillway-inspect-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('tells schema, units, rows, ranges and events of a file', async () => {
  const inspection = await inspectFile(raw('zj_lo_first500.hepmc3.gz'), { show: 2, bins: 10 })
  expect(inspection).toMatchObject({ format: 'hepmc3', rows: null, looked: 500 })
  const px = inspection.columns.find(({ path }) => path === 'particles.px')
  expect(px).toMatchObject({ axis: 'particles', unit: 'GeV', nulls: 0 })
  expect(px?.histogram.reduce((sum, n) => sum + n, 0)).toBe(px?.values)
  expect(inspection.events).toHaveLength(2)
  const text = formatInspection(inspection)
  expect(text).toContain('particles.px')
  expect(text).toContain('weights.PolWeight_Lab.Z.+')
  expect(text).toMatch(/[▁-█]/)
  expect(sparkline([0, 1, 8])).toBe(' ▁█')
  expect(bar(0.5, 4)).toBe('██')
})

it('counts the events of formats that know them, and names the tree', async () => {
  const inspection = await inspectFile(raw('h4l_ggF_300.root'))
  expect(inspection).toMatchObject({ rows: 300, inside: 'Events', looked: 300 })
  const pt = inspection.columns.find(({ path }) => path === 'MET_pt')
  expect(pt?.least).toBeGreaterThan(0)
})

it('converts through a schema map to Arrow and Parquet', async () => {
  const arrow = join(folder, 'h4l.arrow')
  const done = await convertFiles([raw('h4l_ggF_300.root')], arrow, nanoaod)
  expect(done).toEqual({ read: 300, written: 300 })
  const table = tableFromIPC(readFileSync(arrow))
  expect(table.numRows).toBe(300)
  const parquet = join(folder, 'h4l.parquet')
  await convertFiles([raw('h4l_ggF_300.root')], parquet, nanoaod)
  const again = await inspectFile(parquet)
  const before = await inspectFile(raw('h4l_ggF_300.root'))
  const range = (inspection: typeof again, path: string) => {
    const column = inspection.columns.find((one) => one.path === path)
    return [column?.values, column?.least, column?.most]
  }
  expect(range(again, 'jets.pt')).toEqual(range(before, 'Jet_pt'))
  await expect(convertFiles([raw('h4l_ggF_300.root')], 'x.csv')).rejects.toMatchObject({
    code: 'SINK_UNAVAILABLE',
  })
})

it('writes a TTree that is read again', async () => {
  const out = join(folder, 'again.root')
  await convertFiles([raw('h4l_ggF_300.root')], out, nanoaod)
  const again = await inspectFile(out)
  expect(again).toMatchObject({ rows: 300, inside: 'Events' })
  const pt = again.columns.find(({ path }) => path === 'jets_pt')
  const before = (await inspectFile(raw('h4l_ggF_300.root'))).columns.find(({ path }) => path === 'Jet_pt')
  expect([pt?.values, pt?.least, pt?.most]).toEqual([before?.values, before?.least, before?.most])
  const strings = convertFiles([raw('dumper_40.h5')], join(folder, 'strings.root'))
  await expect(strings).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' })
})

it.skipIf(!need('python', ['awkward', 'pyarrow', 'uproot']))(
  'writes TTrees and Parquet for uproot and awkward',
  async () => {
    const [parquet, tree] = [join(folder, 'out.parquet'), join(folder, 'out.root')]
    await convertFiles([raw('h4l_ggF_300.root')], parquet, nanoaod)
    await convertFiles([raw('h4l_ggF_300.root')], tree, nanoaod)
    const code = `
import awkward as ak, uproot, sys
def same(a, b):
    return ak.all(ak.num(a) == ak.num(b)) and ak.all(ak.flatten(a) == ak.flatten(b))
original = uproot.open(sys.argv[1])["Events"]
events = ak.from_parquet(sys.argv[2])
written = uproot.open(sys.argv[3])["Events"]
for ours, theirs in (("jets", "Jet"), ("muons", "Muon"), ("electrons", "Electron"), ("gen", "GenPart")):
    for name in ("pt", "eta", "phi", "mass"):
        expected = original[f"{theirs}_{name}"].array()
        assert same(events[ours][name], expected), (ours, name)
        assert same(written[f"{ours}_{name}"].array(), expected), (ours, name)
    assert ak.all(written[f"n{ours}"].array() == original[f"n{theirs}"].array())
assert ak.all(written["event"].array() == original["event"].array())
assert written["event"].typename == "uint64_t"
assert ak.all(events.met.pt == original["MET_pt"].array()) and ak.all(written["met_pt"].array() == original["MET_pt"].array())
print("same")
`
    const args = ['-c', code, raw('h4l_ggF_300.root'), parquet, tree]
    expect(execFileSync(python, args, { encoding: 'utf8' }).trim()).toBe('same')
  },
)
