import { expect, test, vi } from 'vitest'
import { testPipeline } from '#spillway/stream/pipeline-test/run.js'
import { floats, tinyEvents, writeBundle } from '../support/bundle.js'
import { repository, spillway, temporaryFolder } from '../support/cli.js'

// Processes are started: slow on a busy machine.
vi.setConfig({ testTimeout: 90_000 })

const folder = temporaryFolder()
folder.file('events.arrow', tinyEvents([1, 2, 3], [['met', floats([10, 20, 30])]]))
writeBundle(folder.file, 'tiny')
const file = folder.file(
  'p.yaml',
  `name: tiny
source: { files: events.arrow }
steps:
  - name: twice
    model: tiny
    when: met > 15
  - select: { chains: { big: { when: twice.y > 3 } } }
sink:
  scores: { files: out/scores }
  dead_letters: { files: out/dead }
`,
)
const run = (cases: string) => {
  folder.file('p.test.yaml', `cases:\n${cases}`)
  return testPipeline(file)
}

test('the demo pipelines pass their own tests, whose numbers come from another program', async () => {
  const own = ['zjets', 'h4l', 'largeR'].map((name) => `demo/pipelines/${name}.yaml`)
  const borrowed = ['zjets', 'largeR'].map((name) => `test/data/pipelines/${name}.yaml`)
  for (const path of [...own, ...borrowed]) {
    const results = await testPipeline(repository(path))
    expect(results.length).toBeGreaterThan(2)
    expect(results.flatMap(({ failures }) => failures)).toEqual([])
  }
})

test('values, null, accept, ranges and rejects as expected', async () => {
  const results = await run(`
  - name: written down
    events: [{ x: 2, met: 20 }, { x: 5, met: 1 }, { x: .nan, met: 16 }]
    expect:
      - { twice.y: 4, accept: true, select.big: true }
      - { twice.y: null, accept: false, x: 5 }
      - { reject: SCORE_NOT_FINITE }
  - name: rows of a file
    file: events.arrow
    rows: [0, 2]
    expect:
      - { event: 0, twice.y: null }
      - { event: 2, twice.y: { value: 5.9, within: 0.2 } }
  - name: a column that the step reads is not there
    events: [{ x: 2 }]
    expect: [{ reject: SCHEMA_MISMATCH }]
`)
  expect(results.flatMap(({ failures }) => failures)).toEqual([])
})

test('what is not as expected is told with event, column, line and difference', async () => {
  const [{ failures }] = await run(`
  - name: wrong
    events: [{ x: 2, met: 20 }, { x: 3, met: 20 }]
    expect:
      - { twice.y: 4.5, accept: false }
      - reject: SCORE_NOT_FINITE
`)
  expect(failures).toEqual([
    {
      event: 0,
      key: 'twice.y',
      place: expect.stringMatching(/p\.test\.yaml:6$/),
      expected: '4.5 ± 0.0000045',
      found: '4 (off by 0.500)',
    },
    {
      event: 0,
      key: 'accept',
      place: expect.stringMatching(/p\.test\.yaml:6$/),
      expected: 'false',
      found: 'true',
    },
    {
      event: 1,
      key: 'reject',
      place: expect.stringMatching(/p\.test\.yaml:7$/),
      expected: 'SCORE_NOT_FINITE',
      found: 'scored',
    },
  ])
  const ended = await spillway(['test', file])
  expect(ended.code).toBe(1)
  expect(ended.out).toContain('FAILED  wrong')
  expect(ended.out).toContain('found     4 (off by 0.500)')
})

test('mistakes in the test file have their line', async () => {
  await expect(
    run(`
  - name: typo
    events: [{ x: 2, mett: 20 }]
    expect: [{ twice.y: 4 }]
`),
  ).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    place: expect.stringMatching(/:4$/),
    message: expect.stringContaining('did you mean met?'),
  })
  await expect(
    run(`
  - name: type
    events: [{ x: two }]
    expect: [{ twice.y: 4 }]
`),
  ).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: 'x: a number is needed, this is "two"' })
  await expect(
    run(`
  - name: counts
    events: [{ x: 2 }]
    expect: [{ twice.y: 4 }, { twice.y: 4 }]
`),
  ).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('one entry per event') })
  await expect(
    run(`
  - name: rows
    file: events.arrow
    rows: [7]
    expect: [{ twice.y: 4 }]
`),
  ).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: 'events.arrow has 3 rows, row 7 is asked for' })
})
