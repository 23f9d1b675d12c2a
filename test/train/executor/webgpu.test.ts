import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

/** Where Debian's chromium package keeps a Vulkan device in software; SPILLWAY_SWIFTSHADER names another folder. */
const folder = process.env['SPILLWAY_SWIFTSHADER'] ?? '/usr/lib/chromium'
const driver = join(folder, 'vk_swiftshader_icd.json')
const present = existsSync(driver)
const script = fileURLToPath(new URL('./webgpuSteps.mjs', import.meta.url))

if (!present) {
  const message = `no software Vulkan device (${driver})`
  if (process.env['SPILLWAY_REQUIRE_ALL'] === '1') throw new Error(message)
  console.error(`SKIPPED: ${message}`)
}

describe.skipIf(!present)('training on the webgpu provider, with a software device', () => {
  it('gives the losses of the cpu provider', { timeout: 120_000 }, async () => {
    const env = { ...process.env, VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: folder }
    const { stdout } = await promisify(execFile)(process.execPath, [script], { env })
    const losses = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<'cpu' | 'webgpu', number[]>
    expect(losses.cpu).toHaveLength(5)
    expect(losses.cpu[4]).toBeLessThan(losses.cpu[0])
    losses.cpu.forEach((loss, i) => {
      expect(Math.abs(losses.webgpu[i] - loss) / loss).toBeLessThan(1e-4)
    })
  })
})
