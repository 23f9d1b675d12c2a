import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { tableFromIPC } from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { repository, spillway, temporaryFolder } from '../support/cli.js'

const raw = (name: string): string => repository(`test/data/raw/${name}`)
const folder = temporaryFolder()
const out = (name: string): string => join(folder.path, name)

interface Inspected {
  readonly format: string
  readonly rows: number | null
  readonly columns: readonly { readonly path: string; readonly unit?: string; readonly most: number }[]
  readonly events: readonly Record<string, unknown>[]
}

async function inspected(...args: readonly string[]): Promise<Inspected> {
  const { code, out: text, err } = await spillway(['inspect', ...args, '--json'])
  expect(code, err).toBe(0)
  return JSON.parse(text) as Inspected
}

describe('spillway convert', { timeout: 120_000 }, () => {
  test.each(['arrow', 'parquet', 'root'])('through a ready-made map to .%s and back', async (ending) => {
    const to = out(`h4l.${ending}`)
    const args = ['convert', raw('h4l_ggF_300.root'), '--map', 'nanoaod', '--out', to, '--json']
    const { code, out: text, err } = await spillway(args)
    expect(code, err).toBe(0)
    expect(JSON.parse(text)).toEqual({ out: to, read: 300, written: 300 })
    const jets = ending === 'root' ? 'jets_pt' : 'jets.pt'
    const before = (await inspected(raw('h4l_ggF_300.root'))).columns.find(({ path }) => path === 'Jet_pt')
    const after = (await inspected(to)).columns.find(({ path }) => path === jets)
    expect(after?.most).toBe(before?.most)
    // A TTree has no place for units.
    expect(after?.unit).toBe(ending === 'root' ? undefined : 'GeV')
  })

  test('several files, derived columns and a selection of a map of one’s own', async () => {
    const map = folder.file(
      'own.yaml',
      `name: own
columns: { event: event, met.pt: { branch: MET_pt, unit: GeV } }
lists: { jets: { pt: { branch: Jet_pt, unit: GeV }, eta: Jet_eta } }
derived:
  jets.p: { is: jets.pt * cosh(jets.eta), unit: GeV, type: float64 }
  ht: sum(jets.pt)
  central: count(abs(jets.eta) < 2.5) > 0
select: ht > 60 GeV
`,
    )
    const to = out('own.arrow')
    const inputs = [raw('h4l_ggF_300.root'), raw('h4l_ggF_300.parquet')]
    const { code, out: text, err } = await spillway(['convert', ...inputs, '--map', map, '--out', to])
    expect(code, err).toBe(0)
    const table = tableFromIPC(readFileSync(to))
    const rows = table.toArray().map((row) => JSON.parse(String(row)) as Record<string, never>)
    expect(text).toBe(`${to}: ${table.numRows} of 600 events\n`)
    const all = (await inspected(inputs[0], '--show', '300')).events as {
      readonly event: number
      readonly Jet_pt: readonly number[]
      readonly Jet_eta: readonly number[]
    }[]
    const ht = (pt: readonly number[]): number => pt.reduce((sum, one) => sum + one, 0)
    const kept = all.filter((event) => ht(event.Jet_pt) > 60)
    expect(kept.length).toBeGreaterThan(20)
    expect(rows.map(({ event }) => event)).toEqual([...kept, ...kept].map(({ event }) => event))
    kept.forEach((event, i) => {
      expect(rows[i]['ht']).toBeCloseTo(ht(event.Jet_pt), 2)
      expect(rows[i]['central']).toBe(event.Jet_eta.some((eta) => Math.abs(eta) < 2.5))
      const p = (rows[i]['jets'] as { p: number }[]).map((jet) => jet.p)
      event.Jet_pt.forEach((pt, k) => {
        expect(p[k]).toBeCloseTo(pt * Math.cosh(event.Jet_eta[k]), 3)
      })
    })
  })

  test('names what does not fit, with the line of the map, and leaves nothing behind', async () => {
    const map = folder.file('bad.yaml', 'name: bad\ncolumns:\n  event: event\n  met: Met_pt\n')
    const bad = await spillway(['convert', raw('h4l_ggF_300.root'), '--map', map, '--out', out('bad.arrow')])
    expect(bad.code).toBe(1)
    expect(bad.err).toContain('COLUMN_MISSING: no branch Met_pt (one value an event); the nearest are MET_pt')
    expect(bad.err).toContain('bad.yaml:4')
    const formula = folder.file('formula.yaml', 'name: f\ncolumns: { a: MET_pt }\nderived:\n  b: sqr(a)\n')
    const wrong = await spillway([
      'convert',
      raw('h4l_ggF_300.root'),
      '--map',
      formula,
      '--out',
      out('x.arrow'),
    ])
    expect(wrong.err).toContain('formula.yaml:4')
    expect(wrong.err).toContain('near: sqrt')
    const self = await spillway(['convert', out('h4l.arrow'), '--out', out('h4l.arrow')])
    expect(self.err).toContain('is also an input')
    const strings = await spillway(['convert', raw('dumper_40.h5'), '--out', out('strings.root')])
    expect(strings.err).toContain('SCHEMA_MISMATCH')
    const mixed = [raw('h4l_ggF_300.root'), raw('zj_lo_first500.lhe.gz')]
    const differ = await spillway(['convert', ...mixed, '--out', out('mixed.arrow')])
    expect(differ.err).toMatch(
      /has column process_id \(int32\) where .*h4l_ggF_300.root has column run \(uint32\)/,
    )
    expect(existsSync(out('bad.arrow'))).toBe(false)
    expect(readdirSync(folder.path).filter((name) => /strings|mixed|partial/.test(name))).toEqual([])
  })
})

describe('spillway inspect', () => {
  test('shows schema, units, ranges, histograms and events', async () => {
    const { code, out: text } = await spillway(['inspect', raw('h4l_ggF_8.hepmc3.gz'), '--show', '1'])
    expect(code).toBe(0)
    expect(text).toMatch(/h4l_ggF_8\.hepmc3\.gz: hepmc3, unknown number of events, \d+ columns/)
    expect(text).toMatch(/particles\.px +\[\] float64 GeV +-[\d.]+ … [\d.]+ +[ ▁-█]+/)
    // Values that are not there are null in the event printed.
    expect(text).toContain('"cross_section":')
  })

  test('through a map, as the pipeline sees the file', async () => {
    const { columns, events } = await inspected(raw('h4l_ggF_300.root'), '--map', 'nanoaod', '--show', '2')
    expect(columns.find(({ path }) => path === 'jets.pt')?.unit).toBe('GeV')
    expect(events).toHaveLength(2)
    expect(events[0]).toHaveProperty('muons')
  })

  test('refuses what is no file of events', async () => {
    const text = folder.file('notes.txt', 'hello')
    const { code, err } = await spillway(['inspect', text])
    expect(code).toBe(1)
    expect(err).toContain('no format has the ending')
    const fake = folder.file('fake.root', 'hello')
    expect((await spillway(['inspect', fake])).err).toContain('FILE_UNREADABLE')
    expect((await spillway(['inspect', out('absent.root')])).code).toBe(75)
  })
})

test('spillway list names all formats and maps', async () => {
  const { out: text } = await spillway(['list', '--json'])
  const { formats, maps } = JSON.parse(text) as Record<string, readonly { readonly name: string }[]>
  expect(formats.map(({ name }) => name)).toEqual(['arrow', 'parquet', 'root', 'hdf5', 'hepmc3', 'lhe'])
  expect(maps.map(({ name }) => name)).toEqual(['dumper', 'hepmc3', 'jetclass', 'lhe', 'nanoaod'])
})
