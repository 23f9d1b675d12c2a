import { describe, expect, it } from 'vitest'
import { bundledProviders, loadSession, type ProviderChoice } from '#spillway/models/provider.js'
import { demo } from '../support/messages.js'
import { linear } from '../support/onnx.js'
import { scorerOf } from '../support/scorers.js'

const load = (provider: ProviderChoice, model = linear([1, 2])) =>
  loadSession(model, { provider, threads: 1, reproducible: false }, 'model.onnx')
const isBundled = (name: string) => bundledProviders().some((one) => one.name === name && one.bundled)

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
})
