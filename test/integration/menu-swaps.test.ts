import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Events } from '#spillway/ingest/columns.js'
import { drawn, halvesOf } from '#spillway/ingest/draw/event-numbers.js'
import { seedOf } from '#spillway/ingest/draw/hash.js'
import { loadPipeline } from '#spillway/stream/config/load.js'
import { openKafka } from '#spillway/stream/kafka/index.js'
import type { KafkaClient } from '#spillway/stream/kafka/port.js'
import { type KafkaServer, startKafka } from '../../scripts/servers/kafka.mjs'
import { type NatsServer, startNats } from '../../scripts/servers/nats.mjs'
import { spillway as command, type Ended, repository, temporaryFolder } from '../support/cli.js'
import { kafkaConfig, sleep, until } from '../support/kafka.js'
import { range } from '../support/kafka-bench.js'
import { batchesOf, eventsIn, eventsOf, numbered, onTopics } from '../support/on-kafka.js'
import { cells, readParts, runToEnd, valuesOf } from '../support/pipelines.js'
import { type Child, spillway as started } from '../support/processes.js'
import { needServers } from '../support/servers.js'
import { checked, eventsOfAll, follow, sorted } from '../support/topics.js'

const LIMIT = 300_000
const MENU = repository('deploy/pipelines/trigger-menu.yaml')
const SAMPLE = repository('test/data/menu_small.arrow')

/** The taggers of the menu, and how each is trained anew: for real, with another seed, as small as it gets. */
const taggers = [
  {
    step: 'pol',
    model: 'polarization',
    variable: 'POLARIZATION_MODEL',
    columns: ['r_l', 'r_t'],
    system: 'polarization-regression',
    data: 'zj',
    sets: ['recipe.network.widths=[32]'],
  },
  {
    step: 'higgs',
    model: 'h4l',
    variable: 'H4L_MODEL',
    columns: ['p_ggf', 'p_zz'],
    system: 'h4l-classifier',
    data: 'h4l',
    sets: ['recipe.network={kind: deep-set, units: 8}'],
  },
  {
    step: 'lund',
    model: 'lundnet',
    variable: 'LUND_MODEL',
    columns: ['p_w'],
    system: 'lundnet',
    data: 'largeR',
    sets: ['recipe.network={blocks: [8, 8], dense: 8}'],
  },
] as const

describe.skipIf(!needServers('kafka', 'nats'))('the trigger menu, its models trained anew', () => {
  const folder = temporaryFolder()
  let server: KafkaServer
  let nats: NatsServer
  let client: KafkaClient
  let registry = ''
  const bundle = (model: string, version: number) =>
    version === 1 ? repository(`demo/models/${model}`) : join(folder.path, model, 'bundle')

  beforeAll(async () => {
    ;[server, nats] = await Promise.all([startKafka({ heap: '384m' }), startNats()])
    client = await openKafka(kafkaConfig([server.bootstrap]))
    registry = `${nats.url}/models`
    for (const { model, system, data, sets } of taggers) {
      const set = [
        'seed=2',
        `model.name=${model}`,
        'fit.epochs=2',
        'importance=0',
        'executor.threads=1',
        ...sets,
      ]
      const out = ['--out', join(folder.path, model), '--quiet']
      const input = ['--data', repository(`demo/data/${data}.arrow`)]
      done(await command(['train', system, ...input, ...out, ...set.flatMap((one) => ['--set', one])]))
      await publish(model, 1)
    }
  }, LIMIT)
  afterAll(async () => {
    await client?.close()
    await nats?.stop()
    await server?.stop()
  })

  async function publish(model: string, version: number): Promise<void> {
    done(await command(['publish', bundle(model, version), '--registry', registry, '--next']))
  }

  /** Columns of the sample's events as the menu gives them with one version of every model, row by row. */
  async function reference(version: number) {
    const out = join(folder.path, `reference-${version}`)
    const env = Object.fromEntries(taggers.map(({ variable, model }) => [variable, bundle(model, version)]))
    await runToEnd(loadPipeline(MENU, ['workers.count=1'], { OUT: out, ...env }))
    const parts = readParts(join(out, 'scores'))
    return (path: string) => valuesOf(parts, path)
  }

  /** The menu from topic to topic, its models those of the registry. */
  function start(id: string): Child {
    const { steps } = loadPipeline(MENU, [], {}).config
    const followed = taggers.flatMap(({ step, model }) => {
      const index = steps.findIndex((one) => 'name' in one && one.name === step)
      return ['--set', `steps.${index}.model={registry: "${registry}", name: ${model}}`]
    })
    return started('run', MENU, '--quiet', ...onTopics(MENU, id, server.bootstrap), ...followed)
  }

  /** Sends the sample again and again, events numbered on, until it is told to stop. */
  async function stream(topic: string) {
    const pieces = await batchesOf(SAMPLE)
    const producer = client.producer()
    let [sent, messages, streaming] = [0, 0, true]
    const running = (async () => {
      while (streaming) {
        const piece = pieces[messages % pieces.length]
        await producer.send([checked(topic, messages % 2, numbered(piece, sent))])
        sent += piece.rows
        messages++
        await sleep(50)
      }
      await producer.close()
    })()
    return {
      sent: () => sent,
      messages: () => messages,
      stop: async () => {
        streaming = false
        await running
      },
    }
  }

  it(
    'goes from version to version of each while events stream: none lost or doubled, every decision that of its version',
    async () => {
      const topic = (end: string) => `menu-${end}`
      for (const end of ['in', 'scores', 'accepted', 'dead_letters'])
        await client.admin().create(topic(end), { partitions: 2 })
      const [scores, accepted, dead] = await Promise.all(
        ['scores', 'accepted', 'dead_letters'].map((end) => follow(client, topic(end))),
      )
      const child = start('menu')
      const events = await stream(topic('in'))
      try {
        await scores.atLeast(8)
        for (const { model } of taggers) {
          await publish(model, 2)
          await until(() => child.text.includes(`${model} v2 is live`), `${model} v2 to be live`, 80_000)
          await sleep(500)
        }
      } finally {
        await events.stop()
      }
      await scores.atLeast(events.messages())
      child.kill('SIGTERM')
      expect((await child.ended).code, child.text).toBe(0)
      await sleep(300)
      await Promise.all([scores, accepted, dead].map((one) => one.stop()))

      expect(dead.messages()).toEqual([])
      expect(sorted(eventsOfAll(scores.messages()))).toEqual(range(events.sent()))
      const parts = eventsOf(scores.messages())
      checkVersions(parts, scores.messages())
      checkScores(parts, [await reference(1), await reference(2)])
      checkDecisions(parts, await massesOf(SAMPLE))
      const chosen = parts.flatMap((part) => {
        const accept = cells(part.column('select.accept'))
        return numbersOf(part).filter((_, row) => Number(accept[row]) === 1)
      })
      expect(sorted(eventsOfAll(accepted.messages()))).toEqual(sorted(chosen))
    },
    LIMIT,
  )
})

const done = (ended: Ended) =>
  expect({ code: ended.code, err: ended.code === 0 ? '' : ended.err }).toEqual({ code: 0, err: '' })

const numbersOf = (part: Events): number[] => cells(part.column('event')).map(Number)

const massesOf = async (path: string) => valuesOf(await eventsIn(path), 'mass')

/** Each message is of one version of each model, which its columns and metadata say; in a partition versions only grow. */
function checkVersions(parts: readonly Events[], messages: readonly { readonly partition: number }[]): void {
  for (const { step } of taggers) {
    const newest = new Map<number, number>()
    const seen = new Set<number>()
    parts.forEach((part, index) => {
      const told = JSON.parse(part.schema.metadata.get('spillway.models')!) as {
        step: string
        version: number
      }[]
      const { version } = told.find((one) => one.step === step)!
      const column = new Set(cells(part.column(`${step}.version`)).filter((value) => value !== null))
      expect([...column].map(Number)).toEqual(column.size === 0 ? [] : [version])
      const { partition } = messages[index]
      expect(version).toBeGreaterThanOrEqual(newest.get(partition) ?? 1)
      newest.set(partition, version)
      seen.add(version)
    })
    expect([...seen], step).toEqual([1, 2])
  }
}

type Reference = (path: string) => (number | bigint | null)[]

/** Each score is what the version that the row names gives to that event, and the versions differ. */
function checkScores(parts: readonly Events[], references: readonly Reference[]): void {
  for (const { step, columns } of taggers) {
    for (const name of columns) {
      const path = `${step}.${name}`
      const [first, second] = references.map((of) => of(path))
      expect(first).not.toEqual(second)
      let compared = 0
      for (const part of parts) {
        const scores = cells(part.column(path))
        const versions = cells(part.column(`${step}.version`))
        numbersOf(part).forEach((event, row) => {
          const wanted = (versions[row] === 2 ? second : first)[event % first.length]
          expect(scores[row] === null).toBe(wanted === null)
          if (wanted === null) return
          expect(Math.abs(Number(scores[row]) - Number(wanted))).toBeLessThan(1e-6)
          compared++
        })
      }
      expect(compared).toBeGreaterThan(100)
    }
  }
}

/** Each chain says what its condition says of the scores beside it. @param masses Of the sample, row by row. */
function checkDecisions(parts: readonly Events[], masses: readonly (number | bigint | null)[]): void {
  for (const part of parts) {
    const numbers = numbersOf(part)
    const above = (path: string, cut: number) =>
      Uint8Array.from(cells(part.column(path)), (score) => (score !== null && score > cut ? 1 : 0))
    const passed = (chain: string) => Uint8Array.from(cells(part.column(`select.${chain}`)), Number)
    const heavy = above('lund.p_w', 0.7).map((tagged, row) =>
      tagged === 1 && Number(masses[numbers[row] % masses.length] ?? 0) > 60 ? 1 : 0,
    )
    const kept = drawn(heavy, halvesOf(part, 'event'), seedOf('boosted_w'), 1 / 2)
    expect(passed('longitudinal_z')).toEqual(above('pol.r_l', 0.4))
    expect(passed('higgs_4l')).toEqual(above('higgs.p_ggf', 0.5))
    expect(passed('boosted_w')).toEqual(kept)
    const monitored = passed('pass_through')
    const any = monitored.map((byte, row) =>
      Math.max(byte, passed('longitudinal_z')[row], passed('higgs_4l')[row], kept[row]),
    )
    expect(passed('accept')).toEqual(any)
  }
}
