import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LiveState, Tick } from '#spillway/stream/live/state.js'
import { assemble, type RunningPipeline } from '#spillway/stream/run.js'
import { until } from '../../support/kafka.js'
import { livePipeline, liveStream, TOKEN } from '../../support/live.js'
import { filesUnder, textOf } from '../../support/sources.js'

async function started(http?: string): Promise<{ readonly running: RunningPipeline; stop(): Promise<void> }> {
  const running = await assemble(await livePipeline({ http }))
  const run = running.run()
  return {
    running,
    async stop() {
      await running.stop(5_000)
      await run
      await running.close()
    },
  }
}

describe('the live page of a running pipeline', () => {
  let page: Awaited<ReturnType<typeof started>>
  let url: string
  beforeAll(async () => {
    page = await started()
    url = page.running.url!
  })
  afterAll(() => page?.stop())

  const state = async (): Promise<LiveState> =>
    (await fetch(`${url}/live/state`)).json() as Promise<LiveState>
  const act = async (name: string, token: string, body: object = {}, headers = {}) => {
    const response = await fetch(`${url}/live/actions/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
      body: JSON.stringify(body),
    })
    return { status: response.status, text: await response.text() }
  }

  it('tells what is measured, every second', async () => {
    await until(async () => (await state()).now.totals.letters > 0, 'a dead letter')
    const [first, ...ticks] = await liveStream(url, 4)
    expect(first.name).toBe('state')
    const { about, now, recent } = first.data as LiveState
    expect(about).toMatchObject({
      pipeline: 'test',
      steps: ['lin'],
      workers: 1,
      actions: ['pause', 'resume'],
      chains: [
        { name: 'high', when: 'lin.y > 20', prescale: 1 },
        { name: 'few', when: 'lin.y > 0', prescale: 10 },
      ],
    })
    expect(recent.times.length).toBe(recent.values['events'].length)
    expect(now.problem).toBeNull()
    expect(now.models).toMatchObject([{ step: 'lin', name: 'linear', version: 1, provider: 'cpu' }])
    expect(now.modelHistory).toMatchObject([{ step: 'lin', what: 'start', version: 1 }])
    expect(now).toMatchObject({ trials: [], inputs: [], group: null })
    expect(now.letters.byCode).toMatchObject([{ code: 'SCORE_NOT_FINITE' }])
    expect(now.letters.recent[0]).toMatchObject({
      code: 'SCORE_NOT_FINITE',
      place: expect.stringMatching(/input\.arrow/),
    })
    expect(ticks.map(({ name }) => name)).toEqual(['tick', 'tick', 'tick'])
    const points = ticks.map(({ data }) => (data as Tick).point)
    const mean = points.reduce((sum, point) => sum + point['events']!, 0) / points.length
    // Paced at 400 events a second; a busy machine may hold a second up.
    expect(mean).toBeGreaterThan(200)
    expect(mean).toBeLessThan(700)
    for (const point of points) {
      expect(point['latency.p50']!).toBeLessThanOrEqual(point['latency.p99']!)
      expect(point['stage.infer']).toBeGreaterThan(0)
      expect(point['fill.lin']).toBeGreaterThan(0)
      expect(point['busy']).toBeLessThanOrEqual(1)
    }
  })

  it('shows scores and an accepted event as they are', async () => {
    const found = await until2(state, ({ now }) => now.event !== null && now.scores.length > 0)
    const { event, scores } = found.now
    expect(scores).toMatchObject([{ column: 'lin.y', outside: 0 }])
    expect(event).toMatchObject({ accepted: true, left: 0 })
    // y = 2a + b, and a is the row, which the event number tells.
    const row = Number(event!.event) % 20
    expect(event!.scores).toEqual([{ name: 'lin.y', value: 2 * row + 1 }])
    expect(event!.collections).toEqual([
      { name: 'jets', pt: [50 + row, 20], eta: [row / 10, -1], phi: [0.5, -2] },
      { name: 'met', pt: [30], eta: null, phi: [1] },
    ])
  })

  it('serves its files and nothing else, each with a policy that allows no other source', async () => {
    const paths = ['/', ...filesUnder('web/live', '.mjs').map((path) => path.replace('web/', '/'))]
    for (const path of [...paths, '/live/uplot.mjs', '/live/uplot.css', '/live/live.css']) {
      const response = await fetch(url + path)
      await response.arrayBuffer()
      expect(response.status, path).toBe(200)
      const policy = response.headers.get('content-security-policy')
      expect(policy).toContain("default-src 'none'")
      expect(policy).not.toMatch(/unsafe|https?:|\*/)
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
      expect(response.headers.get('access-control-allow-origin')).toBeNull()
    }
    for (const path of [
      '/live/../package.json',
      '/live/%2e%2e/package.json',
      '/live/tsconfig.json',
      '/live/',
    ])
      expect((await fetch(url + path)).status, path).toBe(404)
    expect(textOf('web/live/index.html')).not.toMatch(/<script>|style=| on\w+=/)
  })

  it('does nothing without the right token, and nothing for another site', async () => {
    expect((await act('pause', 'wrong')).status).toBe(401)
    expect((await act('pause', TOKEN, {}, { origin: 'http://evil.example' })).status).toBe(403)
    expect((await act('pause', TOKEN, {}, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await act('pause', TOKEN, { code: 7 })).status).toBe(400)
    expect((await act('replay', TOKEN)).status).toBe(404)
    expect((await fetch(`${url}/live/actions/pause`)).status).toBe(404)
    expect((await state()).now.paused).toBe(false)
  })

  it('pauses and resumes: what was taken is committed, then nothing moves', async () => {
    expect(await act('pause', TOKEN)).toMatchObject({ status: 200, text: expect.stringMatching(/paused/) })
    await until(async () => (await state()).now.paused, 'the pause')
    const metric = async () =>
      /^spillway_paused\{.*\} (\d)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1]
    expect(await metric()).toBe('1')
    const [, ...ticks] = await liveStream(url, 4)
    const totals = ticks.map(({ data }) => (data as Tick).now.totals.events)
    expect(totals[2]).toBe(totals[1])
    expect((await fetch(`${url}/healthz/ready`)).status).toBe(200)
    expect((await act('resume', TOKEN)).status).toBe(200)
    await until(async () => (await state()).now.totals.events > totals[2], 'more events')
    expect(await metric()).toBe('0')
    expect((await state()).now.notices.map(({ text }) => text)).toEqual([
      'operator: resumed',
      'operator: paused: what was taken is committed, and nothing more is taken',
    ])
  })

  it('sends small ticks', async () => {
    const [, tick] = await liveStream(url, 2)
    expect(JSON.stringify(tick.data).length).toBeLessThan(20_000)
  })
})

describe('configuration of the live page', () => {
  it('has no actions without a token', async () => {
    const page = await started('{}')
    const { about } = (await (await fetch(`${page.running.url}/live/state`)).json()) as LiveState
    expect(about.actions).toEqual([])
    const response = await fetch(`${page.running.url}/live/actions/pause`, { method: 'POST' })
    expect(response.status).toBe(404)
    await page.stop()
  })

  it.each(['{ live: false }', '{ host: 0.0.0.0 }'])(
    'can be turned off, and is where other machines reach it; metrics stay: %s',
    async (http) => {
      const page = await started(http)
      for (const path of ['/', '/live/state', '/live/events', '/live/main.mjs'])
        expect((await fetch(page.running.url + path)).status, path).toBe(404)
      expect((await fetch(`${page.running.url}/metrics`)).status).toBe(200)
      await page.stop()
    },
  )

  it('is served to other machines when asked for', async () => {
    const page = await started('{ host: 0.0.0.0, live: true }')
    expect((await fetch(`${page.running.url}/live/state`)).status).toBe(200)
    await page.stop()
  })

  it('ends a page that watches, and a paused pipeline, in order', async () => {
    const page = await started()
    const watching = liveStream(page.running.url!, 1_000)
    await fetch(`${page.running.url}/live/actions/pause`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
      body: '{}',
    })
    const [events] = await Promise.all([watching, page.stop()])
    expect(events.at(-1)?.name).toBe('tick')
  })

  it('lets a page in while there is room', async () => {
    const page = await started('{}')
    const aborts = Array.from({ length: 33 }, () => new AbortController())
    const responses = await Promise.all(
      aborts.map(({ signal }) => fetch(`${page.running.url}/live/events`, { signal })),
    )
    expect(responses.map(({ status }) => status).filter((status) => status === 503)).toHaveLength(1)
    for (const abort of aborts) abort.abort()
    await page.stop()
  })
})

async function until2<T>(get: () => Promise<T>, check: (value: T) => boolean): Promise<T> {
  let value = await get()
  await until(async () => {
    value = await get()
    return check(value)
  }, 'the state')
  return value
}
