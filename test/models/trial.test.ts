import { describe, expect, it } from 'vitest'
import { bundleOf } from '#spillway/models/bundle.js'
import { cpuMsOf } from '#spillway/models/cpu-time.js'
import { readBundle } from '#spillway/models/manifest.js'
import { tryModel } from '#spillway/models/trial.js'
import { sleep } from '../support/kafka.js'
import { endless } from '../support/onnx.js'
import { root } from '../support/pipelines.js'
import { childrenThatRun } from '../support/processes.js'
import { scaled } from '../support/registries.js'

const session = { provider: 'cpu', threads: 1, reproducible: false } as const
const batch = { rows: 64, tokens: 4096, reproducible: false } as const
const bundle = readBundle(`${root}demo/models/polarization`)
const trial = (limitMs: number, of = bundle) => tryModel({ bundle: of, session, batch, probe: true }, limitMs)

/** The processor's time is only known there. */
describe.runIf(process.platform === 'linux')('the limit of a trial', () => {
  it('is of what it computes: one that a busy machine leaves no time goes on afterwards', async () => {
    const limitMs = 4_000
    const report = trial(limitMs)
    await sleep(50)
    const [pid] = childrenThatRun('trial-child.js').map(Number)
    process.kill(pid, 'SIGSTOP')
    await sleep(limitMs + 2_000)
    process.kill(pid, 'SIGCONT')
    expect((await report).probe).not.toBeNull()
  }, 60_000)

  it('is kept by one that computes for ever, and by one that waits for ever', async () => {
    const limitMs = 1_500
    const loop = bundleOf(scaled(2, 2, {}, endless()), 'endless')
    await expect(trial(limitMs, loop)).rejects.toMatchObject({
      code: 'MODEL_CRASHES',
      message: expect.stringContaining('longer than 1.5 s'),
    })
    const start = performance.now()
    const waiting = trial(limitMs)
    await sleep(50)
    process.kill(Number(childrenThatRun('trial-child.js')[0]), 'SIGSTOP')
    await expect(waiting).rejects.toMatchObject({
      code: 'MODEL_CRASHES',
      message: expect.stringMatching(/not done after \S+ s, in which it computed \S+ s of 1.5 s/),
    })
    expect(performance.now() - start).toBeGreaterThan(3.9 * limitMs)
  }, 60_000)

  it('is counted over all threads, of children that live', async () => {
    const before = cpuMsOf(process.pid)!
    for (const end = performance.now() + 300; performance.now() < end; );
    expect(cpuMsOf(process.pid)! - before).toBeGreaterThan(30)
    expect(cpuMsOf(2 ** 30)).toBeNull()
  })
})
