import { afterEach, describe, expect, it } from 'vitest'
import { SpillwayError } from '#spillway/errors.js'
import { Gatherer } from '#spillway/stream/gatherer.js'
import { type Lost, WorkerPool } from '#spillway/stream/pool.js'
import { until } from '../support/kafka.js'
import { messageOf, streamOf } from '../support/messages.js'
import { pipelineIn, temporary } from '../support/pipelines.js'

const worker = new URL('../support/workers/misbehave.mjs', import.meta.url)
const LIMIT = 120_000
const open: WorkerPool[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((pool) => pool.close()))
})

interface Setup {
  readonly faults?: string
  readonly count?: number
  readonly batchSeconds?: number
  readonly text?: string
  readonly worker?: URL
}

/** Real worker threads behind a gatherer. */
async function poolOf(setup: Setup) {
  const { config, folder } = pipelineIn(
    temporary(),
    `description: ${setup.faults ?? '""'}\n${setup.text ?? ''}`,
  )
  const lost: Lost[] = []
  const fatal: SpillwayError[] = []
  let gatherer: Gatherer | undefined
  const pool = await WorkerPool.start({
    plan: { config, folder },
    worker: setup.worker ?? worker,
    count: setup.count ?? 1,
    batchSeconds: setup.batchSeconds ?? 60,
    memoryMb: 64,
    onRoom: () => gatherer?.pump(),
    onReplaced: (how) => void lost.push(how),
    onFatal: (error) => void fatal.push(error),
  })
  open.push(pool)
  const options = { rows: 1e6, bytes: 1e6, seconds: 1, delayMs: 20, attempts: 2 }
  gatherer = new Gatherer(pool, options, { task: () => {} })
  return { pool, gatherer, lost, fatal }
}

const message = (offset: number) =>
  messageOf(streamOf({ event: ['uint64', [offset]] }), offset, { topic: 't' })

describe('worker pool', () => {
  it.each<[string, Lost[], string]>([
    ['hang', ['hang', 'hang', 'hang'], 'MESSAGE_HANGS'],
    ['throw', ['crash', 'crash', 'crash'], 'MESSAGE_CRASHES'],
    ['exit', ['crash', 'crash', 'crash'], 'MESSAGE_CRASHES'],
    ['memory', ['memory', 'memory', 'memory'], 'MESSAGE_CRASHES'],
  ])(
    'replaces a worker on a message that makes it %s; the others are done, that one is a dead letter',
    async (how, losses, code) => {
      const { gatherer, lost, pool } = await poolOf({
        faults: `${how}=t/0/3`,
        batchSeconds: how === 'hang' ? 2 : 100,
      })
      const outcomes = await Promise.all([0, 1, 2, 3, 4, 5].map((offset) => gatherer.submit(message(offset))))
      expect(outcomes.map(({ rows }) => rows)).toEqual([1, 1, 1, 0, 1, 1])
      expect(outcomes[3].rejects).toMatchObject([{ code, place: 't/0/3', row: null }])
      // Once in company, twice alone. A busy machine may add a hang to innocent messages, never one without cause.
      if (how === 'hang') expect(lost.length).toBeGreaterThanOrEqual(3)
      else expect(lost).toEqual(losses)
      await until(() => pool.room === 2, 'the last replacement', LIMIT)
      expect((await gatherer.submit(message(9))).rows).toBe(1)
    },
    LIMIT,
  )

  it(
    'keeps other workers at work while one hangs',
    async () => {
      const { gatherer, lost } = await poolOf({ faults: 'hang=t/0/0', count: 2, batchSeconds: 3 })
      const guilty = gatherer.submit(message(0))
      await until(() => gatherer.waiting === 0, 'the guilty one on its way')
      const others = await Promise.all([1, 2, 3].map((offset) => gatherer.submit(message(offset))))
      expect(others.map(({ rows }) => rows)).toEqual([1, 1, 1])
      expect((await guilty).rejects).toMatchObject([{ code: 'MESSAGE_HANGS' }])
      expect(lost.length).toBeGreaterThanOrEqual(2)
    },
    LIMIT,
  )

  it('says at the start what is wrong with a model', async () => {
    const text = 'steps: [{ name: none, model: nowhere }]'
    const start = poolOf({ text, worker: new URL('../../dist/stream/worker.js', import.meta.url) })
    await expect(start).rejects.toMatchObject({ code: 'MODEL_UNREADABLE' })
    await expect(start).rejects.toBeInstanceOf(SpillwayError)
  })

  it('gives up on workers that end before they are ready', async () => {
    const start = poolOf({ worker: new URL('data:text/javascript,process.exit(1)') })
    await expect(start).rejects.toMatchObject({ code: 'INTERNAL' })
  })

  it('ends with its threads, whatever they are doing', async () => {
    const { pool, gatherer } = await poolOf({ faults: 'hang=t/0/0', batchSeconds: 1_000 })
    void gatherer.submit(message(0))
    await until(() => pool.busy === 1, 'work')
    await pool.close()
    expect(pool.room).toBe(0)
  })
})
