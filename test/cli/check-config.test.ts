import { describe, expect, test, vi } from 'vitest'
import { checkPipeline } from '#spillway/stream/check/pipeline.js'
import { tinyEvents, writeBundle } from '../support/bundle.js'
import { spillway, temporaryFolder } from '../support/cli.js'

// Processes are started: slow on a busy machine.
vi.setConfig({ testTimeout: 90_000 })

const folder = temporaryFolder()
folder.file('events.arrow', tinyEvents([1, 2, 3]))
writeBundle(folder.file, 'tiny')

const GOOD = `name: tiny
source:
  files: events.arrow
steps:
  - name: twice
    model: tiny
  - select:
      chains:
        big: { when: twice.y > 3 }
sink:
  scores: { files: out/scores }
  dead_letters: { files: out/dead }
`
let files = 0

/** Checks a pipeline and gives its problems as `CODE line message`. */
async function problems(yaml: string, env: Record<string, string> = {}): Promise<string[]> {
  const file = folder.file(`pipeline-${files++}.yaml`, yaml)
  const report = await checkPipeline(file, [], env)
  return report.problems.map(({ code, place, message }) => {
    expect(place).toContain(file)
    return `${code} ${place?.slice(file.length + 1).split(/\D/)[0]} ${message.split('\n')[0]}`
  })
}

const edited = (from: string | RegExp, to: string): string => {
  const changed = GOOD.replace(from, to)
  expect(changed).not.toBe(GOOD)
  return changed
}

test('a pipeline that is right has no problem, and a table of its steps', async () => {
  const report = await checkPipeline(folder.file('good.yaml', GOOD))
  expect(report.problems).toEqual([])
  expect(report.steps.map(({ name, adds }) => [name, adds.map(({ path }) => path)])).toEqual([
    ['twice', ['twice.y']],
    ['select', ['select.big', 'select.pass_through', 'select.accept']],
  ])
})

describe('what is wrong with a file is named with its line', () => {
  test('an unknown key, with the nearest one', async () => {
    expect(await problems(edited('    model: tiny', '    model: tiny\n    provder: cpu'))).toEqual([
      'CONFIG_INVALID 7 unknown key provder in steps.0; did you mean provider?',
    ])
  })

  test('a key that belongs elsewhere, without itself as the nearest', async () => {
    expect(await problems(edited('    model: tiny', '    model: tiny\n    chains: {}'))).toEqual([
      'CONFIG_INVALID 7 unknown key chains in steps.0',
    ])
  })

  test('a value of the wrong type', async () => {
    expect(await problems(edited('    model: tiny', '    model: tiny\n    threads: many'))).toEqual([
      'CONFIG_INVALID 7 steps.0.threads: expected number, received string',
    ])
  })

  test('a missing key', async () => {
    expect(await problems(edited('  dead_letters: { files: out/dead }\n', ''))).toEqual([
      'CONFIG_INVALID 10 sink.dead_letters: is missing',
    ])
  })

  test('YAML that is none', async () => {
    expect(await problems(edited('name: tiny', 'name: "tiny'))).toEqual([
      expect.stringMatching(/^CONFIG_UNREADABLE \d+ /),
    ])
  })

  test('a key given twice', async () => {
    expect(await problems(edited('name: tiny', 'name: tiny\nname: other'))).toEqual([
      'CONFIG_UNREADABLE 2 Map keys must be unique',
    ])
  })

  test('an environment variable that is not set', async () => {
    expect(await problems(edited('out/scores', '"${SPILLWAY_NOWHERE}"'))).toEqual([
      'CONFIG_ENV_MISSING 11 environment variable SPILLWAY_NOWHERE is not set',
    ])
  })

  test('__proto__ as a key, also where names are free', async () => {
    expect(await problems(edited('sink:', 'sink:\n  __proto__: { polluted: true }'))).toEqual([
      'CONFIG_INVALID 11 unknown key __proto__ in sink',
    ])
    const inNames = await problems(edited('        big:', '        __proto__: { when: true }\n        big:'))
    expect(inNames.length).toBeGreaterThan(0)
    expect(inNames[0]).toMatch(/^CONFIG_INVALID 9 .*__proto__/)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  test('an alias bomb, quickly', async () => {
    const lines = ['a: &a0 [x, x, x, x, x, x, x, x, x, x]']
    for (let i = 1; i < 12; i++)
      lines.push(
        `b${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      )
    const start = performance.now()
    expect(await problems(lines.join('\n'))).toEqual([
      expect.stringMatching(/^CONFIG_UNREADABLE \d+ aliases repeat too much/),
    ])
    expect(performance.now() - start).toBeLessThan(5_000)
  })

  test('everything at once, in the order of the lines', async () => {
    const yaml = GOOD.replace('files: events.arrow', 'fils: events.arrow')
      .replace('    model: tiny', '    model: tiny\n    threads: 0')
      .replace('out/dead', '"${SPILLWAY_NOWHERE}"')
    const found = await problems(yaml)
    expect(found.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'CONFIG_INVALID 2',
      'CONFIG_INVALID 3',
      'CONFIG_INVALID 7',
      'CONFIG_ENV_MISSING 13',
    ])
  })
})

describe('rules between keys', () => {
  test('a topic without a kafka section', async () => {
    expect(await problems(edited('files: events.arrow', 'topic: events'))).toEqual([
      'CONFIG_INVALID 2 a topic is named but there is no kafka section',
    ])
  })

  test('two outputs in one folder', async () => {
    expect(await problems(edited('out/dead', 'out/scores'))).toEqual([
      'CONFIG_INVALID 12 folder out/scores is also that of sink.scores',
    ])
  })
})

describe('environment', () => {
  test('a variable is text, or a number where one is wanted', async () => {
    const yaml = edited('    model: tiny', '    model: ${MODEL}\n    threads: ${THREADS:-2}')
    expect(await problems(yaml, { MODEL: 'tiny' })).toEqual([])
    expect(await problems(yaml, { MODEL: 'tiny', THREADS: 'many' })).toHaveLength(1)
  })
})

describe('columns and expressions', () => {
  test('a column that is not there, with the nearest', async () => {
    expect(await problems(edited('scores: {', 'columns: [evnt]\n  scores: {'))).toEqual([
      'COLUMN_MISSING 11 column evnt is not there; did you mean event?',
    ])
  })

  test('a unit that is not the one needed', async () => {
    const { tableFromIPC, tableToIPC, Schema, Field, Table, RecordBatch } = await import('apache-arrow')
    const table = tableFromIPC(tinyEvents([1]))
    const fields = table.schema.fields.map((field) =>
      field.name === 'x' ? new Field('met.pt', field.type, true, new Map([['unit', 'MeV']])) : field,
    )
    const schema = new Schema(fields)
    const batch = new RecordBatch(schema, table.batches[0].data)
    folder.file('mev.arrow', tableToIPC(new Table(schema, batch), 'file'))
    const { checkReads } = await import('#spillway/stream/reads.js')
    const { schemaOfFile } = await import('#spillway/ingest/arrow/index.js')
    const found = await schemaOfFile(`${folder.path}/mev.arrow`)
    expect(() => checkReads([{ path: 'met.pt', unit: 'GeV' }], found, 'p.yaml:3')).toThrow(
      'column met.pt is in MeV, GeV is needed',
    )
  })

  test('all expressions that are wrong, each with its line', async () => {
    const yaml = edited(
      '        big: { when: twice.y > 3 }',
      `        a: { when: twice.z > 3 }
        b: { when: twice.y > }
        c: { when: twice.y + 1 }
      accept: passed.d`,
    )
    const found = await problems(yaml)
    expect(found).toEqual([
      'EXPRESSION_INVALID 9 no column twice.z at column 1; near: twice.y',
      'EXPRESSION_INVALID 10 the expression ends too early at column 10',
      expect.stringMatching(/^EXPRESSION_INVALID 11 a bool is needed/),
      expect.stringMatching(/^EXPRESSION_INVALID 12 no column passed.d/),
    ])
  })

  test('a prescale needs an integer to draw by', async () => {
    const yaml = edited('{ when: twice.y > 3 }', '{ when: twice.y > 3, prescale: 2 }').replace(
      '  - select:',
      '  - select:\n      event_number: x',
    )
    expect(await problems(yaml)).toEqual([
      'COLUMN_TYPE 8 column x is float32; an integer per event is needed',
    ])
  })

  test('a topic without a schema: syntax is checked, columns are not, and that is said', async () => {
    const yaml = `${edited('files: events.arrow', 'topic: events').replace('twice.y > 3', 'twice.y >')}kafka: { brokers: ["127.0.0.1:1"] }\n`
    const report = await checkPipeline(folder.file('topic.yaml', yaml))
    expect(report.problems.map(({ code }) => code)).toEqual(['EXPRESSION_INVALID'])
    expect(report.notes.join()).toContain('source.schema')
  })
})

test('the command: exit code, standard error, JSON', async () => {
  const bad = folder.file('bad.yaml', edited('events.arrow', 'nowhere.arrow'))
  const [text, json] = await Promise.all([spillway(['check', bad]), spillway(['check', bad, '--json'])])
  expect(text.code).toBe(1)
  expect(text.out).toBe('')
  expect(text.err).toMatch(/SOURCE_UNAVAILABLE: .*nowhere.arrow[\s\S]*at .*bad.yaml:3[\s\S]*remedy: /)
  expect(json.code).toBe(1)
  expect(JSON.parse(json.out)[0]).toMatchObject({ ok: false, problems: [{ code: 'SOURCE_UNAVAILABLE' }] })
})
