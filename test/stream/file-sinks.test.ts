import { execFileSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { inspectFile } from '#spillway/ingest/inspect.js'
import { checkPipeline } from '#spillway/stream/check/pipeline.js'
import { assemble } from '#spillway/stream/run.js'
import { need, python } from '../support/need.js'
import { pipelineIn, root, runToEnd, temporary } from '../support/pipelines.js'

const raw = (name: string): string => join(root, 'test/data/raw', name)
const TEXT = (format: string) => `
source: { files: '${raw('h4l_ggF_300.{root,parquet}')}', map: nanoaod, rows: 75 }
steps: [{ name: cuts, cutflow: { hard: met.pt > 10 } }, { select: { chains: { jets: { when: count(jets) > 1 } } } }]
sink:
  scores: { files: scores, format: ${format} }
  accepted: { files: accepted, format: ${format} }
  dead_letters: { files: dead }
  columns: [event, met.pt]
  commit: { interval_ms: 0 }
limits: { in_flight_bytes: 1 }
`
const range = (count: number) => Array.from({ length: count }, (_, i) => i)

async function valuesIn(folder: string, column: string): Promise<unknown[]> {
  const files = readdirSync(folder).filter((name) => /^part-\d+(_\d+)?\.(parquet|root)$/.test(name))
  const found: unknown[] = []
  for (const name of files.sort()) {
    const { events } = await inspectFile(join(folder, name), { show: 1000 })
    found.push(...(events as Record<string, unknown>[]).map((event) => event[column]))
  }
  return found
}

it.each(['parquet', 'root'])(
  'writes %s, every event once, stopped and started again',
  { timeout: 120_000 },
  async (format) => {
    const folder = temporary()
    const pipeline = pipelineIn(folder, TEXT(format))
    let commits = 0
    const running = await assemble(pipeline, { committed: () => void (++commits === 3 && running.stop(0)) })
    await running.run()
    await running.close()
    const scores = join(folder, 'scores')
    expect((await valuesIn(scores, 'event')).length).toBeLessThan(600)
    // What a killed run left: it was not committed and goes.
    writeFileSync(join(scores, `.part-0-000900.${format}.tmp`), 'left over')
    writeFileSync(join(scores, `.part-0-000900.${format}.tmp.1-x.partial`), 'left over')
    await runToEnd(pipeline)
    expect(await valuesIn(scores, 'event')).toEqual([...range(300), ...range(300)])
    expect(readdirSync(scores).filter((name) => /000900|partial/.test(name))).toEqual([])
    const column = format === 'root' ? 'njets' : 'jets'
    const jets = (await valuesIn(join(folder, 'accepted'), column)).map((one) =>
      Number(Array.isArray(one) ? one.length : one),
    )
    expect(jets.length).toBeGreaterThan(50)
    expect(Math.min(...jets)).toBe(2)
  },
)

it('ends, and says why, where a file has no place for a column', async () => {
  const folder = temporary()
  writeFileSync(
    join(folder, 'own.yaml'),
    `name: own
columns: { event: event, met.pt: MET_pt }
lists: { jets: { pt: Jet_pt } }
derived: { kind: "'hard'" }
`,
  )
  const text = TEXT('root').replace('nanoaod', 'own.yaml').replace('[event, met.pt]', '[event, kind]')
  const pipeline = pipelineIn(folder, text)
  const { problems } = await checkPipeline(join(folder, 'pipeline.yaml'))
  expect(problems.map(({ code }) => code)).toEqual(['COLUMN_TYPE', 'COLUMN_TYPE'])
  expect(problems[0].message).toContain('column kind is text')
  await expect(runToEnd(pipeline)).rejects.toMatchObject({ code: 'COLUMN_TYPE' })
})

it.skipIf(!need('python', ['awkward', 'pyarrow', 'uproot']))(
  'uproot and pyarrow read what is written',
  { timeout: 120_000 },
  async () => {
    const folders = { parquet: temporary(), root: temporary() }
    for (const [format, folder] of Object.entries(folders)) await runToEnd(pipelineIn(folder, TEXT(format)))
    const code = `
import sys, glob, awkward as ak, uproot, pyarrow.parquet as pq
parquet = [pq.ParquetFile(f) for f in sorted(glob.glob(sys.argv[1] + "/scores/*.parquet"))]
a = [row for f in parquet for row in f.read().to_pylist()]
b = uproot.concatenate(sys.argv[2] + "/scores/*.root:Events")
assert sorted(r["event"] for r in a) == sorted(ak.to_list(b["event"])) and len(a) == 600
by = lambda event, passed: sorted(zip(event, passed))
assert by([r["event"] for r in a], [r["cuts.pass"] for r in a]) == by(ak.to_list(b["event"]), ak.to_list(b["cuts_pass"]))
assert b"spillway.models" in parquet[0].metadata.metadata
c = uproot.concatenate(sys.argv[2] + "/accepted/*.root:Events")
assert ak.all(ak.num(c["jets_pt"]) == c["njets"]) and ak.all(c["njets"] > 1)
print("same")
`
    const out = execFileSync(python, ['-c', code, folders.parquet, folders.root], { encoding: 'utf8' })
    expect(out.trim()).toBe('same')
  },
)
