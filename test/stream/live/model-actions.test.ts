import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LiveState, Now } from '#spillway/stream/live/state.js'
import { assemble, type RunningPipeline } from '#spillway/stream/run.js'
import { followedPipeline } from '../../support/followed.js'
import { until } from '../../support/kafka.js'
import { TOKEN } from '../../support/live.js'

const LIMIT = 120_000

type Followed = Awaited<ReturnType<typeof followedPipeline>>

/** A pipeline that follows a registry, with its page. */
async function started(model = '', http = `{ token: ${TOKEN} }`) {
  const followed: Followed = await followedPipeline('test', http, model)
  const running: RunningPipeline = await assemble(followed.pipeline)
  const run = running.run()
  const now = async (): Promise<Now> =>
    ((await (await fetch(`${running.url}/live/state`)).json()) as LiveState).now
  return {
    ...followed,
    running,
    now,
    live: async () => (await now()).models.find(({ share }) => share === undefined)!.version,
    async act(name: string, body: object, headers = {}) {
      const response = await fetch(`${running.url}/live/actions/${name}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}`, ...headers },
        body: JSON.stringify(body),
      })
      const { done, error, remedy } = (await response.json()) as Record<string, string>
      return { status: response.status, text: done ?? [error, remedy].join('. ') }
    },
    async stop() {
      await running.stop(2_000)
      await run
      await running.close()
    },
  }
}

describe('models on the live page', { timeout: LIMIT }, () => {
  let page: Awaited<ReturnType<typeof started>>
  beforeAll(async () => {
    page = await started()
  }, LIMIT)
  afterAll(() => page?.stop(), LIMIT)

  it('show scores against the training sample, with their drift', async () => {
    await until(async () => ((await page.now()).scores[0]?.reference?.count ?? 0) > 500, 'enough values')
    const [{ column, low, high, reference }] = (await page.now()).scores
    expect(column).toBe('m.y')
    // Live values are 0 to 19; the sample was 1,000 to 3,000.
    expect(low).toBeLessThanOrEqual(0)
    expect(high).toBeGreaterThanOrEqual(3_000)
    expect(reference!.psi).toBeGreaterThan(1)
    expect(reference!.ks).toBeCloseTo(1)
    expect(reference!.shares[0]).toBe(0)
  })

  it('offer nothing that cannot be done, and nothing to other sites', async () => {
    expect((await page.now()).modelHistory).toMatchObject([
      { step: 'm', what: 'start', version: 1, text: 'tiny v1 at the start' },
    ])
    expect(await page.act('promote', { step: 'm' })).toMatchObject({
      status: 409,
      text: expect.stringContaining('nothing is on trial'),
    })
    expect(await page.act('rollback', { step: 'm' })).toMatchObject({
      status: 409,
      text: expect.stringContaining('no version was live before v1'),
    })
    expect((await page.act('promote', { step: 'other' })).text).toContain('no step other follows a registry')
    expect((await page.act('rollback', {})).text).toContain('names no step')
    for (const name of ['promote', 'rollback']) {
      expect((await page.act(name, { step: 'm' }, { origin: 'http://evil.example' })).status).toBe(403)
      expect((await page.act(name, { step: 'm' }, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
      expect((await page.act(name, { step: 'm' }, { authorization: 'Bearer wrong' })).status).toBe(401)
      expect((await page.act(name, { step: ['m'] })).status).toBe(400)
    }
  })

  it('promote what is on trial, roll back to the one before, for this process and for every one', async () => {
    await page.publishRight()
    await until(async () => ((await page.now()).trials[0]?.events ?? 0) > 0, 'a trial', 60_000)
    const [trial] = (await page.now()).trials
    expect(trial).toMatchObject({ step: 'm', name: 'tiny', mode: 'shadow', version: 3, live: 1, share: 1 })
    // 1.5 x beside x, and x is 0 to 19.
    expect(trial.differences).toMatchObject([{ column: 'y', max: expect.closeTo(9.5, 1) }])
    expect(trial.differences[0].mean).toBeGreaterThan(4)
    expect(trial.differences[0].mean).toBeLessThan(5.5)

    expect((await page.act('promote', { step: 'm', dry_run: true })).text).toContain('would go live')
    expect(await page.live()).toBe(1)
    expect(await page.act('promote', { step: 'm' })).toEqual({
      status: 200,
      text: 'step m: v3, a shadow, is live in place of v1',
    })
    await until(async () => (await page.live()) === 3, 'the promoted version')
    expect((await page.now()).trials).toEqual([])

    const check = await page.act('rollback', { step: 'm', publish: true, dry_run: true })
    expect(check.text).toContain('v3 would be taken back for v1 here, and v1 would be published anew')
    expect(await page.live()).toBe(3)
    expect(await page.act('rollback', { step: 'm', publish: true })).toEqual({
      status: 200,
      text: 'step m: v3 is taken back for v1 here, and v1 is published as v4 for every process',
    })
    await until(async () => (await page.live()) === 1, 'the version before')
    expect((await page.registry.list('tiny')).entries[0]).toMatchObject({
      version: 4,
      note: 'rollback to v1 by an operator',
    })
    // It comes as any newcomer does.
    await until(async () => (await page.now()).trials[0]?.version === 4, 'the rollback on trial', 60_000)
    const { modelHistory, notices } = await page.now()
    expect(modelHistory.map(({ what, version }) => `${what} ${version}`)).toEqual([
      'trial 4',
      'refused 3',
      'taken back 1',
      'live 3',
      'trial 3',
      'start 1',
    ])
    expect(notices[0].text).toBe(
      'operator: step m: v3 is taken back for v1 here, and v1 is published as v4 for every process',
    )
    const text = await page.running.metrics.registry.metrics()
    expect(text).toMatch(/spillway_model_rollbacks_total\{step="m",reason="operator",pipeline="test"\} 1/)
  })
})
