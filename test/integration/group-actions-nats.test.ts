import { connect, type NatsConnection } from 'nats'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { brokenRules } from '#spillway/stream/config/rules.js'
import { Seal } from '#spillway/stream/group/seal.js'
import type { LiveState } from '#spillway/stream/live/state.js'
import { assemble } from '#spillway/stream/run.js'
import { startNats } from '../../scripts/servers/nats.mjs'
import { followedPipeline } from '../support/followed.js'
import { sleep, until } from '../support/kafka.js'
import { livePipeline, TOKEN } from '../support/live.js'
import { needServers } from '../support/servers.js'

const LIMIT = 120_000
const ORDERS = 'spillway.together.actions.orders'

describe.skipIf(!needServers('nats'))('actions for a group over NATS', { timeout: LIMIT }, () => {
  type Member = Awaited<ReturnType<typeof started>>
  let nats: Awaited<ReturnType<typeof startNats>>
  let stranger: NatsConnection
  let members: readonly Member[]
  /** The group, and one that is in it but takes no actions of others. */
  let first: Member
  let second: Member
  let apart: Member
  const orders: Uint8Array[] = []

  async function started(group: string) {
    const http = `{ token: ${TOKEN}, group: true${group} }`
    const section = `${http}\nnats: { servers: ['${nats.url}'], decisions: false }`
    const followed = await followedPipeline('together', section)
    const running = await assemble(followed.pipeline)
    const run = running.run()
    const state = async () => (await (await fetch(`${running.url}/live/state`)).json()) as LiveState
    const now = async () => (await state()).now
    return {
      ...followed,
      state,
      now,
      live: async () => (await now()).models.find(({ share }) => share === undefined)!.version,
      async act(name: string, body: object, token = TOKEN) {
        const response = await fetch(`${running.url}/live/actions/${name}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
          body: JSON.stringify(body),
        })
        const { done, error } = (await response.json()) as Record<string, string>
        return { status: response.status, text: done ?? error }
      },
      async stop() {
        await running.stop(2_000)
        await run
        await running.close()
      },
    }
  }

  beforeAll(async () => {
    nats = await startNats()
    stranger = await connect({ servers: nats.url })
    stranger.subscribe(ORDERS, { callback: (_error, { data }) => void orders.push(data) })
    members = await Promise.all([started(', group_actions: true'), started(', group_actions: true')])
    ;[first, second] = members
    for (const { now } of members)
      await until(async () => (await now()).group?.processes.length === 2, 'the other process')
  }, LIMIT)
  afterAll(async () => {
    await Promise.all([first, second, apart].map((member) => member?.stop()))
    await stranger?.close()
    await nats?.stop()
  }, LIMIT)

  const paused = () => Promise.all([first, second].map(async ({ now }) => (await now()).paused))

  it('are done by every process, and each says so', async () => {
    expect((await first.state()).about.groupActions).toEqual(['pause', 'resume', 'promote', 'rollback'])
    const { status, text } = await first.act('pause', { group: true })
    expect(status).toBe(200)
    expect(text).toMatch(/^2 of 2 processes\. Here: paused: .*\. \S+ \d+: paused: /)
    await until(async () => (await paused()).every(Boolean), 'both pauses')
    expect((await second.now()).notices[0].text).toMatch(/^operator, at \S+ \d+: paused/)
    // Alone, as before.
    expect((await second.act('resume', {})).text).toBe('resumed')
    await until(async () => !(await paused())[1], 'one to resume')
    expect(await paused()).toEqual([true, false])
    expect((await second.act('resume', { group: true })).status).toBe(200)
    await until(async () => !(await paused()).some(Boolean), 'both to resume')
  })

  it('are done by nobody without the token, whatever is sent again, changed or made up', async () => {
    expect((await first.act('pause', { group: true }, 'a-wrong-token-here')).status).toBe(401)
    expect(orders).toHaveLength(2)
    const [pause] = orders.map((data) => JSON.parse(new TextDecoder().decode(data)))
    const order = JSON.parse(pause.body)
    expect(order).toMatchObject({ action: 'pause', dry_run: false })
    expect(pause.body).not.toContain(TOKEN)
    const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
    const fresh = JSON.stringify({
      ...order,
      process: 'a-stranger',
      id: '00000000-0000-4000-8000-000000000000',
      time: Date.now() / 1e3,
    })
    const made = [
      orders[0],
      text({ ...pause, body: fresh }),
      text({ body: fresh }),
      new Seal('another-token-for-tests', 'together').close('order', fresh),
      new Seal(TOKEN, 'another-pipeline').close('order', fresh),
      new Seal(TOKEN, 'together').close('answer', fresh),
      text('pause'),
      new Uint8Array(100_000),
    ]
    for (const data of made) stranger.publish(ORDERS, data)
    await stranger.flush()
    await sleep(1_500)
    expect(await paused()).toEqual([false, false])
    // The way is open: the same order, sealed with the token, is taken.
    stranger.publish(ORDERS, new Seal(TOKEN, 'together').close('order', fresh))
    await until(async () => (await paused()).every(Boolean), 'the right order')
    await first.act('resume', { group: true })
  })

  it('promote and take back one version everywhere, and nothing else', async () => {
    await Promise.all(members.map(({ publishRight }) => publishRight()))
    for (const { now } of members)
      await until(async () => (await now()).trials[0]?.version === 3, 'a trial', 60_000)
    const ask = { step: 'm', group: true }
    expect(await first.act('promote', ask)).toMatchObject({
      status: 409,
      text: expect.stringMatching(/names no version/),
    })
    expect(await first.act('replay', ask)).toMatchObject({ status: 404 })
    const check = await first.act('promote', { ...ask, version: 3, dry_run: true })
    expect(check.text).toMatch(/^2 of 2 processes\. Here: step m: v3.* would go live.*would go live/)
    expect(await Promise.all(members.map(({ live }) => live()))).toEqual([1, 1])
    expect((await first.act('promote', { ...ask, version: 3 })).text).toMatch(/^2 of 2 processes/)
    for (const { live } of members) await until(async () => (await live()) === 3, 'the version')
    expect((await second.act('rollback', { step: 'm' })).status).toBe(200)
    // One has it no more: it says so, and the other goes.
    const { text } = await first.act('rollback', { ...ask, version: 3 })
    expect(text).toMatch(/^1 of 2 processes\. Here: .*taken back.* NO, step m: v1 is live, not v3$/)
    for (const { live } of members) await until(async () => (await live()) === 1, 'the one before')
  })

  it('are not taken by a process that was not told to, and that is said', async () => {
    apart = await started('')
    await until(async () => (await first.now()).group?.processes.length === 3, 'the third process')
    expect((await apart.state()).about.groupActions).toEqual([])
    expect(await apart.act('pause', { group: true })).toMatchObject({ status: 409 })
    const { text } = await first.act('pause', { group: true })
    expect(text).toMatch(/^2 of 3 processes\..* NO ANSWER$/)
    expect((await apart.now()).paused).toBe(false)
    await first.act('resume', {})
  })

  it('are refused, and nothing is done, while NATS is away', async () => {
    await nats.kill()
    await until(async () => !(await first.now()).group!.connected, 'the loss of NATS')
    expect(await first.act('pause', { group: true })).toMatchObject({
      status: 409,
      text: expect.stringMatching(/NATS does not answer/),
    })
    expect((await first.now()).paused).toBe(false)
    await nats.restart()
  })
})

describe('the configuration of actions for a group', () => {
  it.each(['{ group_actions: true }', '{ group_actions: true, group: true }'])(
    'needs a group and a token: %s',
    async (http) => {
      const more = "nats: { servers: ['nats://127.0.0.1:1'], decisions: false }"
      expect(brokenRules(await livePipeline({ http, more }))).toMatchObject([
        { code: 'CONFIG_INVALID', message: expect.stringContaining('need a group and a token') },
      ])
    },
  )
})
