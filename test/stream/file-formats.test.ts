import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { convertFiles } from '#spillway/ingest/convert.js'
import { loadSchemaMap } from '#spillway/ingest/mapping/load.js'
import { checkPipeline } from '#spillway/stream/check/pipeline.js'
import { assemble } from '#spillway/stream/run.js'
import { FileSource } from '#spillway/stream/sources/file-source.js'
import { runEngine } from '../support/engines.js'
import { type Fault, MemorySink, ScriptedLaneSink } from '../support/memory.js'
import {
  header,
  pipelineIn,
  readLetters,
  readParts,
  root,
  runToEnd,
  temporary,
  valuesOf,
} from '../support/pipelines.js'

const raw = (name: string): string => join(root, 'test/data/raw', name)
const range = (count: number, first = 0) => Array.from({ length: count }, (_, i) => first + i)
const NANO = (files: string, more = '') => `
source: { files: ${files}, map: nanoaod, rows: 60${more} }
steps: [{ name: cuts, cutflow: { hard: met.pt > 10, jets: count(jets.pt > 30) > 0 } }]
sink: { scores: { files: scores }, dead_letters: { files: dead }, columns: [event, met.pt], commit: { interval_ms: 0 } }
`
const GENERATOR = (files: string) => `
source: { files: ${files}, rows: 100 }
steps: [{ name: cuts, cutflow: { quarks: any(abs(particles.pid) < 6) } }]
sink: { scores: { files: scores }, dead_letters: { files: dead }, columns: [weight], commit: { interval_ms: 0 } }
`

describe('a pipeline from files of any format', { timeout: 120_000 }, () => {
  it('gives the same from ROOT, Parquet and Arrow, globs and mixtures too', async () => {
    const [folder, results] = [temporary(), [] as unknown[]]
    const arrow = join(folder, 'h4l.arrow')
    await convertFiles([raw('h4l_ggF_300.root')], arrow, { map: await loadSchemaMap('nanoaod') })
    for (const source of [
      `source: { files: ${raw('h4l_ggF_300.root')}, map: nanoaod }`,
      `source: { files: ${raw('h4l_ggF_300.parquet')}, map: nanoaod, rows: 64 }`,
      `source: { files: h4l.arrow }`,
      `source: { files: ${raw('h4l_ggF_300.root:Events')}, map: nanoaod, columns: [run, event, MET_pt, Jet_pt, Jet_eta, Jet_phi, Jet_mass, Electron_pt, Electron_eta, Electron_phi, Electron_charge, Muon_pt, Muon_eta, Muon_phi, Muon_charge] }`,
    ]) {
      await runToEnd(pipelineIn(folder, NANO('x').replace(/source: .*/, source)))
      const parts = readParts(join(folder, 'scores'))
      results.push([valuesOf(parts, 'event'), valuesOf(parts, 'met.pt'), valuesOf(parts, 'cuts.pass')])
    }
    expect((results[0] as unknown[][])[0]).toEqual(range(300).map(BigInt))
    expect((results[0] as number[][])[2].filter((pass) => pass === 1).length).toBeGreaterThan(50)
    for (const other of results.slice(1)) expect(other).toEqual(results[0])
    await runToEnd(pipelineIn(folder, NANO(`['${raw('h4l_ggF_300.{root,parquet}')}']`)))
    expect(valuesOf(readParts(join(folder, 'scores')), 'event').map(Number)).toEqual([
      ...range(300),
      ...range(300),
    ])
  })

  it('reads listings of generators, packed too, and HDF5', async () => {
    for (const [file, events] of [
      ['zj_lo_first500.hepmc3.gz', 500],
      ['zj_lo_first500.lhe.gz', 500],
    ] as const) {
      const folder = temporary()
      await runToEnd(pipelineIn(folder, GENERATOR(raw(file))))
      const parts = readParts(join(folder, 'scores'))
      expect(valuesOf(parts, 'cuts.quarks').filter((pass) => pass === 1)).toHaveLength(events)
    }
    const folder = temporary()
    await runToEnd(
      pipelineIn(
        folder,
        `source: { files: ${raw('dumper_40.h5')}, rows: 7 }
steps: [{ name: cuts, cutflow: { tracks: count(tracks) > 0 } }]
sink: { scores: { files: scores }, dead_letters: { files: dead }, columns: [jets.pt] }`,
      ),
    )
    expect(valuesOf(readParts(join(folder, 'scores')), 'jets.pt')).toHaveLength(40)
  })

  it.each([
    ['ROOT and Parquet', NANO(`'${raw('h4l_ggF_300.{root,parquet}')}'`), [...range(300), ...range(300)]],
    [
      'a map that selects',
      NANO(`'${raw('h4l_ggF_300.{root,parquet}')}'`).replace('nanoaod', 'odd.yaml'),
      null,
    ],
    [
      'listings',
      GENERATOR(`'${raw('zj_lo_first500.{lhe,hepmc3}.gz')}'`)
        .replace('[weight]', '[weight, scale]')
        .replace('scale', 'event'),
      null,
    ],
  ])('goes on where it was stopped: %s', async (what, text, events) => {
    const straight = temporary()
    const odd = `name: odd
columns: { event: event, met.pt: MET_pt }
lists: { jets: { pt: Jet_pt } }
select: met.pt > 8 and met.pt < 14
`
    const yaml = what === 'listings' ? text.replace(', event]', ']') : text
    writeFileSync(join(straight, 'odd.yaml'), odd)
    await runToEnd(pipelineIn(straight, yaml))
    const column = what === 'listings' ? 'weight' : 'event'
    const expected = valuesOf(readParts(join(straight, 'scores')), column)
    if (events !== null) expect(expected.map(Number)).toEqual(events)
    expect(expected.length).toBeGreaterThan(50)
    const folder = temporary()
    writeFileSync(join(folder, 'odd.yaml'), odd)
    const pipeline = pipelineIn(folder, `${yaml}\nlimits: { in_flight_bytes: 1 }`)
    let runs = 0
    for (let done = false; !done; runs++) {
      let commits = 0
      const running = await assemble(pipeline, { committed: () => void (++commits === 2 && running.stop(0)) })
      await running.run()
      await running.close()
      done = commits < 2
    }
    expect(runs).toBeGreaterThan(2)
    expect(valuesOf(readParts(join(folder, 'scores')), column)).toEqual(expected)
  })

  it('leaves no gap and no double when commits fail and send it back', async () => {
    const folder = temporary()
    const faults = range(8).flatMap((i): Fault[] => ['ok', 'ok', i % 2 === 0 ? 'lost' : 'done'])
    const view = { map: 'nanoaod', folder, columns: null, rows: 10 }
    const files = [raw('h4l_ggF_300.parquet'), raw('h4l_ggF_300.root')]
    const source = await FileSource.open(files, undefined, view)
    expect(source.totalRows).toBe(600)
    const sink = new MemorySink((lane) => new ScriptedLaneSink(lane, faults))
    const { ended } = await runEngine(folder, 'steps: []', source, sink)
    expect(ended).toBe(true)
    const rows = sink.of('', 0).visible.map(({ outcome }) => outcome.rows)
    expect(rows.reduce((sum, one) => sum + one, 0)).toBe(600)
  })
})

describe('a file that is damaged', () => {
  it('gives what was before the damage, a dead letter, and the next file', async () => {
    const folder = temporary()
    const text = gunzipSync(readFileSync(raw('zj_lo_first500.lhe.gz'))).toString()
    const at = text.indexOf('<event', text.length / 2)
    const before = text.slice(0, at).split('<event').length - 1
    writeFileSync(join(folder, 'a.lhe'), `${text.slice(0, at)}<event>\n nonsense\n${text.slice(at)}`)
    const packed = readFileSync(raw('zj_lo_first500.lhe.gz'))
    writeFileSync(join(folder, 'b.lhe.gz'), packed.subarray(0, packed.length - 2000))
    copyFileSync(raw('zj_lo_first500.lhe.gz'), join(folder, 'c.lhe.gz'))
    await runToEnd(pipelineIn(folder, GENERATOR("'*.lhe*'")))
    const weights = valuesOf(readParts(join(folder, 'scores')), 'weight').length
    expect(weights).toBeGreaterThan(before + 400 + 500)
    const letters = readLetters(join(folder, 'dead'))
    expect(letters).toHaveLength(2)
    const said = letters.map((letter) => header(letter, 'spillway.message')).sort()
    expect(said[0]).toMatch(new RegExp(`^the events from number ${before} on cannot be read: .*six numbers`))
    expect(said.join()).toMatch(/from number 4\d\d on .*unexpected end of file/)
    expect(letters.map((letter) => header(letter, 'spillway.code'))).toEqual(
      Array(2).fill('EVENTS_UNREADABLE'),
    )
  })

  it('binary: the damaged part is a dead letter with its place, the process lives', async () => {
    const folder = temporary()
    const bytes = readFileSync(raw('h4l_ggF_300.parquet'))
    bytes.fill(0xff, 2000, 60_000)
    writeFileSync(join(folder, 'a.parquet'), bytes)
    copyFileSync(raw('h4l_ggF_300.root'), join(folder, 'b.root'))
    await runToEnd(pipelineIn(folder, NANO("'[ab].*'")))
    expect(valuesOf(readParts(join(folder, 'scores')), 'event').map(Number)).toEqual(range(300))
    const [letter] = readLetters(join(folder, 'dead'))
    expect(header(letter, 'spillway.place')).toContain('a.parquet')
    expect(letter.value).toBeNull()
  })

  it('is refused before anything is read where its schema cannot be known', async () => {
    const folder = temporary()
    writeFileSync(join(folder, 'a.root'), readFileSync(raw('h4l_ggF_300.root')).subarray(0, 5000))
    await expect(runToEnd(pipelineIn(folder, NANO('a.root')))).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    })
  })
})

describe('spillway check', () => {
  const check = async (folder: string, text: string) => {
    pipelineIn(folder, text)
    return checkPipeline(join(folder, 'pipeline.yaml'))
  }

  it('knows the columns that a file has through its map', async () => {
    const good = await check(temporary(), NANO(raw('h4l_ggF_300.root')))
    expect(good.problems).toEqual([])
    expect(good.steps[0].reads).toContain('jets.pt')
    const wrong = await check(
      temporary(),
      NANO(raw('h4l_ggF_300.root')).replace('met.pt > 10', 'met.pr > 10'),
    )
    expect(wrong.problems[0].message).toContain('no column met.pr')
    expect(wrong.problems[0].place).toContain('pipeline.yaml:4')
  })

  it('names every branch that is missing, with the lines of pipeline and map', async () => {
    const folder = temporary()
    writeFileSync(
      join(folder, 'own.yaml'),
      'name: own\ncolumns:\n  event: event\n  a: Met_pt\nlists:\n  jets:\n    pt: Jet_ptt\n',
    )
    const { problems } = await check(folder, NANO(raw('h4l_ggF_300.root')).replace('nanoaod', 'own.yaml'))
    expect(problems.map(({ code }) => code)).toEqual(['COLUMN_MISSING', 'COLUMN_MISSING'])
    expect(problems[0].message).toContain('no branch Met_pt (one value an event); the nearest are MET_pt')
    expect(problems[0].place).toMatch(/pipeline\.yaml:3 \(own\.yaml:4\)$/)
    expect(problems[1].place).toMatch(/pipeline\.yaml:3 \(own\.yaml:7\)$/)
    const { problems: none } = await check(folder, NANO(raw('h4l_ggF_300.root')).replace('nanoaod', 'nanoad'))
    expect(none[0].message).toContain('no schema map nanoad; the nearest are nanoaod')
  })
})
