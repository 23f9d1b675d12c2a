import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readBundle } from '#spillway/models/manifest.js'
import { tryProvider } from '#spillway/models/provider-trial.js'
import { tryModel } from '#spillway/models/trial.js'
import { root } from '../support/sources.js'

/** Where Debian's chromium package keeps a Vulkan device in software; SPILLWAY_SWIFTSHADER names another folder. */
const folder = process.env['SPILLWAY_SWIFTSHADER'] ?? '/usr/lib/chromium'
const driver = join(folder, 'vk_swiftshader_icd.json')
const present = existsSync(driver)
const SLOW = 240_000

if (!present) {
  const message = `scoring on webgpu: no software Vulkan device (${driver})`
  if (process.env['SPILLWAY_REQUIRE_ALL'] === '1') throw new Error(message)
  console.error(`SKIPPED: ${message}`)
}

describe.skipIf(!present)('scoring on the webgpu provider, with a software device', () => {
  beforeAll(() => {
    // The trial's child process inherits them; this test file has a process of its own.
    process.env['VK_ICD_FILENAMES'] = driver
    process.env['LD_LIBRARY_PATH'] = folder
  })

  it('computes', { timeout: SLOW }, async () => {
    const { provider, fallbacks, probe } = await tryProvider('webgpu')
    expect({ provider, fallbacks }).toEqual({ provider: 'webgpu', fallbacks: [] })
    expect(probe?.compared).toBe(3)
  })

  it.each(['polarization', 'jet-tagger'])(
    'gives the answers that the trainer of %s had',
    { timeout: SLOW },
    async (name) => {
      const { provider, probe } = await tryModel(
        {
          bundle: readBundle(join(root, 'test/data/models', name)),
          session: { provider: 'webgpu', threads: 1, reproducible: false },
          batch: { rows: 16, tokens: 1_024, reproducible: false },
          probe: true,
        },
        SLOW,
      )
      expect(provider).toBe('webgpu')
      expect(probe!.compared).toBeGreaterThan(0)
      expect(probe!.worst.difference).toBeLessThanOrEqual(probe!.worst.allowed)
    },
  )
})
