import { connect } from 'nats'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { brokenRules } from '#spillway/stream/config/rules.js'
import type { LiveState } from '#spillway/stream/live/state.js'
import { assemble } from '#spillway/stream/run.js'
import { startNats } from '../../scripts/servers/nats.mjs'
import { sleep, until } from '../support/kafka.js'
import { livePipeline } from '../support/live.js'
import { needServers } from '../support/servers.js'

const LIMIT = 120_000
/** Before the first second is over. */
const NONE = { connected: false, processes: [], more: false }

describe.skipIf(!needServers('nats'))('a group of processes over NATS', { timeout: LIMIT }, () => {
  let nats: Awaited<ReturnType<typeof startNats>>
  const open: (() => Promise<void>)[] = []
  beforeAll(async () => {
    nats = await startNats()
  }, LIMIT)
  afterAll(async () => {
    for (const close of open.splice(0)) await close()
    await nats?.stop()
  }, LIMIT)

  const more = () => `nats: { servers: ['${nats.url}'], decisions: false }`
  async function started(http = '{ group: true }', name = 'together') {
    const running = await assemble(await livePipeline({ name, http, more: more() }))
    const run = running.run()
    let stopped = false
    const stop = async (): Promise<void> => {
      if (stopped) return
      stopped = true
      await running.stop(2_000)
      await run
      await running.close()
    }
    open.push(stop)
    const now = async () => ((await (await fetch(`${running.url}/live/state`)).json()) as LiveState).now
    return { running, stop, now, group: async () => (await now()).group ?? NONE }
  }

  it('finds its members, hears their last word, and bears a server that goes away and comes back', async () => {
    const [first, other] = await Promise.all([
      started(),
      started('{ host: 0.0.0.0, group: true }'),
      // Another pipeline's processes are none of this one's.
      started('{ group: true }', 'apart'),
    ])
    await until(async () => (await first.group()).processes.length === 2, 'the other process')
    await until(async () => ((await first.group()).processes[1]?.rate ?? 0) > 0, 'its rate')
    const { processes, connected, more: toMany } = await first.group()
    expect({ connected, toMany }).toEqual({ connected: true, toMany: false })
    expect(processes.map(({ self }) => self)).toEqual([true, false])
    for (const one of processes) {
      expect(one).toMatchObject({ pid: process.pid, problem: null, paused: false, partitions: 1 })
      expect(one.models).toEqual([{ step: 'lin', name: 'linear', version: 1 }])
      expect(one.silent).toBeLessThan(4)
    }
    // A process whose page is for nobody is heard all the same, and tells nothing by HTTP.
    expect((await fetch(`${other.running.url}/live/state`)).status).toBe(404)

    const client = await connect({ servers: nats.url })
    const flood = new TextEncoder().encode('<script>not an announcement</script>')
    for (let i = 0; i < 2_000; i++) client.publish('spillway.together.processes', flood)
    await client.drain()

    await nats.kill()
    await until(async () => !(await first.group()).connected, 'the loss of NATS')
    const before = (await first.now()).totals.events
    await until(async () => (await first.now()).totals.events > before, 'scoring without NATS')
    expect((await first.group()).processes.length).toBeGreaterThanOrEqual(1)
    await sleep(1_500)
    await nats.restart()
    await until(async () => (await first.group()).connected, 'NATS again')
    await until(async () => ((await first.group()).processes[1]?.silent ?? 99) < 2, 'the other process again')
    // Once each, however often it was tried meanwhile.
    expect((await first.now()).notices.map(({ text }) => text)).toEqual([
      'group: NATS is back',
      'group: no NATS: the connection is lost; trying again',
    ])

    await other.stop()
    await until(async () => (await first.group()).processes.length === 1, 'its last word', 5_000)
  })

  it('starts without a server, says so once, and finds it later', async () => {
    await nats.kill()
    const alone = await started()
    await until(async () => (await alone.now()).notices.length > 0, 'a notice')
    await sleep(2_500)
    const { notices, totals, group } = await alone.now()
    expect(notices).toMatchObject([{ text: expect.stringMatching(/^group: no NATS: .*; trying again$/) }])
    expect(totals.events).toBeGreaterThan(0)
    expect(group).toMatchObject({ connected: false, processes: [{ self: true }] })
    await nats.restart()
    await until(async () => (await alone.group()).connected, 'NATS')
    await alone.stop()
  })
})

describe('the configuration of a group', () => {
  it('needs a nats section', async () => {
    const pipeline = await livePipeline({ http: '{ group: true }' })
    expect(brokenRules(pipeline)).toMatchObject([
      { code: 'CONFIG_INVALID', message: expect.stringContaining('no nats section') },
    ])
  })
})
