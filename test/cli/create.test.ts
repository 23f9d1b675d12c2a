import { describe, expect, test, vi } from 'vitest'
import { masked } from '#spillway/cli/echo.js'
import { type Key, keysOfSchema } from '#spillway/stream/config/keys.js'
import { loadPipeline } from '#spillway/stream/config/load.js'
import { PipelineSchema } from '#spillway/stream/config/schema.js'
import { skeleton } from '#spillway/stream/config/skeleton.js'
import { spillway, temporaryFolder } from '../support/cli.js'

// Processes are started: slow on a busy machine.
vi.setConfig({ testTimeout: 90_000 })

const folder = temporaryFolder()
const allKeys = (keys: readonly Key[]): Key[] => keys.flatMap((key) => [key, ...allKeys(key.children)])

test('every key of a pipeline is described', () => {
  const silent = allKeys(keysOfSchema(PipelineSchema)).filter(({ description }) => description === '')
  expect(silent.map(({ path }) => path)).toEqual([])
})

describe.each(['files', 'kafka'] as const)('the skeleton for %s', (kind) => {
  const text = skeleton('my-tagger', kind)

  test('is a valid pipeline as it stands', () => {
    const { config } = loadPipeline(folder.file(`${kind}.yaml`, text), [], {})
    expect(config.name).toBe('my-tagger')
    expect(config.steps).toHaveLength(2)
  })

  test('shows every key, but for those of the other kind', () => {
    const of = (path: string) => path.split('.').at(-1) ?? ''
    const other =
      kind === 'files'
        ? ['topic', 'group', 'from', 'schema']
        : ['files', 'map', 'columns', 'rows', 'rate', 'repeat', 'format']
    for (const { name, path } of allKeys(keysOfSchema(PipelineSchema))) {
      if (/^(source|sink)\./.test(path) && other.includes(of(path))) continue
      expect(text, path).toMatch(new RegExp(`(^|[\\s#-])${name}:`, 'm'))
    }
  })

  test('stays valid when every comment that is a key with a default is taken away', () => {
    const uncommented = text
      .split('\n')
      .map((line) =>
        /^(workers|gather|limits|dead_letters|http|tracing|reproducible)/.test(line.slice(2)) ||
        /^# {3}\w+:/.test(line)
          ? line.replace(/^# /, '')
          : line,
      )
      .filter((line) => !/^ {2}(servers|decisions|credentials|endpoint):/.test(line))
      .filter(
        (line) =>
          !(
            kind === 'files' &&
            /^ {2}(brokers|client|client_id|ssl|sasl|\w+_ms|fetch_\w+):/.test(line) &&
            !/delay_ms|task_ms/.test(line)
          ),
      )
      .join('\n')
    const { config } = loadPipeline(folder.file(`${kind}-all.yaml`, uncommented), [], {
      SPILLWAY_TOKEN: 'sixteen characters',
    })
    expect(config.workers.memory_mb).toBe(2048)
    expect(config.http?.port).toBe(0)
  })
})

test('echo resolves the environment and --set, fills in defaults and masks secrets', async () => {
  const file = folder.file(
    'echo.yaml',
    `${skeleton('secretive', 'kafka')}
nats: { servers: ["nats://me:hush@localhost:4222"] }
http: { token: hush-hush-hush-hush }
`.replace(
      'brokers: [ localhost:9092 ]',
      'brokers: ["${BROKER}"]\n  sasl: { mechanism: plain, username: me, password: hush }',
    ),
  )
  const ended = await spillway(['echo', file, '--set', 'workers.count=3', '--json'], {
    env: { BROKER: 'b:9' },
  })
  expect(ended.err).toBe('')
  const config = JSON.parse(ended.out)
  expect(config.kafka.brokers).toEqual(['b:9'])
  expect(config.workers).toEqual({ count: 3, batch_s: 30, memory_mb: 2048 })
  expect(ended.out).not.toContain('hush')
  expect(config.nats.servers).toEqual(['nats://********@localhost:4222'])
})

test('masking leaves the rest as it is', () => {
  const { config } = loadPipeline(folder.file('plain.yaml', skeleton('plain', 'files')))
  expect(masked(config)).toEqual(config)
})

test('create refuses a name that no pipeline can have', async () => {
  const ended = await spillway(['create', 'No Name'])
  expect(ended.code).toBe(1)
  expect(ended.err).toContain('lower-case letters')
})
