import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bundledProviders, loadSession, type ProviderChoice } from '#spillway/models/provider.js'
import { demo } from '../support/messages.js'
import { linear } from '../support/onnx.js'
import { root } from '../support/pipelines.js'
import { Child } from '../support/processes.js'
import { scorerOf } from '../support/scorers.js'

const load = (provider: ProviderChoice, model = linear([1, 2])) =>
  loadSession(model, { provider, threads: 1, reproducible: false }, 'model.onnx')
const isBundled = (name: string) => bundledProviders().some((one) => one.name === name && one.bundled)

/** Swiftshader, the software Vulkan that Debian's chromium brings. */
const VULKAN = process.env['VK_ICD_FILENAMES'] ?? '/usr/lib/chromium/vk_swiftshader_icd.json'

function needVulkan(): boolean {
  if (existsSync(VULKAN)) return true
  if (process.env['SPILLWAY_REQUIRE_ALL'] === '1') throw new Error(`webgpu needs ${VULKAN}`)
  console.error(`SKIPPED: tests of the webgpu provider: they need a Vulkan driver, ${VULKAN} is not here`)
  return false
}

describe('provider', () => {
  it('says which it took', async () => {
    expect(await load('cpu')).toMatchObject({ provider: 'cpu', fallbacks: [] })
    expect((await scorerOf(demo.polarization, { provider: 'auto' })).loaded.provider).toMatch(/^(cpu|cuda)$/)
  })

  it.skipIf(isBundled('cuda'))('falls back from auto where CUDA is not there, and says why', async () => {
    const { provider, fallbacks } = await load('auto')
    expect(provider).toBe('cpu')
    expect(fallbacks).toEqual([expect.stringMatching(/^cuda: its libraries are not installed/)])
  })

  it.skipIf(isBundled('cuda')).each<[ProviderChoice, RegExp]>([
    ['cuda', /set provider: cpu/],
    ['tensorrt', /docs\/gpu\.md/],
  ])('refuses %s where it is not there, with the remedy', async (provider, remedy) => {
    await expect(load(provider)).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      message: expect.stringContaining(provider),
      remedy: expect.stringMatching(remedy),
      place: 'model.onnx',
    })
  })

  it('tells a bad model from a missing provider', async () => {
    await expect(load('cpu', Buffer.from('nonsense'))).rejects.toMatchObject({ code: 'MODEL_INVALID' })
  })

  describe.skipIf(!needVulkan())('webgpu on a software Vulkan', () => {
    it.each([
      ['the MLP', demo.polarization, demo.zj, 6],
      ['the tagger', demo.jetTagger, demo.largeR, 3],
    ])(
      'agrees with the CPU on %s',
      async (_what, bundle, data, rows) => {
        const child = new Child([`${root}test/support/webgpu.mjs`, bundle, data, String(rows)], {
          VK_ICD_FILENAMES: VULKAN,
          // The loader that chromium brings lies beside its driver.
          LD_LIBRARY_PATH: [dirname(VULKAN), process.env['LD_LIBRARY_PATH']].filter(Boolean).join(':'),
        })
        const { code, text } = await child.ended
        expect(code, text).toBe(0)
        const { cpu, gpu } = JSON.parse(text.slice(text.indexOf('{"cpu"')))
        expect([cpu.provider, gpu.provider]).toEqual(['cpu', 'webgpu'])
        cpu.scores.forEach((column: number[], k: number) => {
          expect(column).toHaveLength(rows)
          column.forEach((score, i) => {
            expect(Math.abs(gpu.scores[k][i] - score)).toBeLessThan(1e-5)
          })
        })
      },
      400_000,
    )
  })
})
