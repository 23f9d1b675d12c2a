import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { assemble } from '#spillway/stream/run.js'
import { writeArrow } from '../support/arrow-files.js'
import { laneOf, range } from '../support/lanes.js'
import { streamOf } from '../support/messages.js'
import { pipelineIn, readParts, runToEnd, temporary, valuesOf } from '../support/pipelines.js'

const numbers = (rows: number, first: number) =>
  streamOf({ event: ['uint64', range(rows).map((i) => first + i)] })

const eventsIn = (folder: string): number[] =>
  valuesOf(readParts(join(folder, 'scores')), 'event').map(Number)

/** Two files, of two and of one record batch. */
async function prepared(source: string) {
  const folder = temporary()
  await writeArrow(join(folder, 'in-a.arrow'), [numbers(2, 0), numbers(2, 2)])
  await writeArrow(join(folder, 'in-b.arrow'), [numbers(1, 4)])
  const text = `source: { files: 'in-*.arrow', ${source} }
sink: { scores: { files: scores }, dead_letters: { files: dead }, commit: { interval_ms: 0 } }
limits: { in_flight_bytes: 1 }`
  return { folder, pipeline: pipelineIn(folder, text) }
}

describe('files read again', () => {
  it('come in the same order every time, and end after as many', async () => {
    const { folder, pipeline } = await prepared('repeat: 3')
    const running = await assemble(pipeline)
    expect(running.totalRows).toBe(15)
    await running.run()
    await running.close()
    expect(eventsIn(folder)).toEqual([...range(5), ...range(5), ...range(5)])
  })

  it('go on in the middle of a round where they were stopped', async () => {
    const { folder, pipeline } = await prepared('repeat: 4')
    let commits = 0
    const running = await assemble(pipeline, { committed: () => void (++commits === 4 && running.stop(0)) })
    await running.run()
    await running.close()
    const before = eventsIn(folder).length
    expect(before).toBeGreaterThan(5)
    expect(before).toBeLessThan(20)
    await runToEnd(pipeline)
    expect(eventsIn(folder)).toEqual(range(4).flatMap(() => range(5)))
  })

  it('have no end with 0, until they are stopped', async () => {
    const { folder, pipeline } = await prepared('repeat: 0')
    let commits = 0
    const running = await assemble(pipeline, {
      committed: () => void (++commits === 10 && running.stop(1_000)),
    })
    expect(running.totalRows).toBeNull()
    await running.run()
    await running.close()
    const events = eventsIn(folder)
    expect(events.length).toBeGreaterThan(15)
    expect(events).toEqual(range(events.length).map((i) => i % 5))
  })

  it('with no batch in them end at once', async () => {
    const folder = temporary()
    await writeArrow(join(folder, 'input.arrow'), [numbers(0, 0)])
    await runToEnd(pipelineIn(folder, 'source: { files: input.arrow, repeat: 2 }'))
    expect(eventsIn(folder)).toEqual([])
  })
})

describe('files at a rate', () => {
  it('come no faster', async () => {
    const { pipeline, folder } = await prepared('rate: 50, repeat: 4')
    const start = performance.now()
    await runToEnd(pipeline)
    // The first batch waits too: 20 events at 50 a second.
    expect(performance.now() - start).toBeGreaterThan(390)
    expect(eventsIn(folder)).toHaveLength(20)
  })

  it('do not hold up a stop', async () => {
    const { pipeline } = await prepared('rate: 0.001')
    const running = await assemble(pipeline)
    const run = running.run()
    const start = performance.now()
    await running.stop(10_000)
    await run
    await running.close()
    expect(performance.now() - start).toBeLessThan(5_000)
  })
})

describe('a paused lane', () => {
  it('commits what it took, takes nothing more, and goes on when resumed', async () => {
    const run = laneOf(50)
    await run.open()
    await run.deliver(20)
    run.lane.pause(true)
    const rest = run.deliver()
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(run.memory.offsets).toEqual(range(20))
    run.lane.pause(false)
    await rest
    await run.lane.close()
    expect(run.memory.offsets).toEqual(range(50))
  })

  it('can be closed', async () => {
    const run = laneOf(5)
    await run.open()
    run.lane.pause(true)
    const pushed = run.deliver(1)
    await run.lane.close()
    await pushed
    expect(run.memory.offsets).toEqual([])
  })
})
