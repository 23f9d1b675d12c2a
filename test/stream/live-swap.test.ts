import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { BundleFiles } from '#spillway/models/bundle.js'
import { signBundle } from '#spillway/models/signature.js'
import { followingScorer, type Scored } from '../support/following.js'
import { sleep, until } from '../support/kafka.js'
import { crashing, endless, linear } from '../support/onnx.js'
import { childrenThatRun } from '../support/processes.js'
import { scaled } from '../support/registries.js'
import { tinyModel } from '../support/tiny-model.js'

const LIMIT = 120_000

describe('a scorer that follows a registry', () => {
  it(
    'takes a newer version between batches; every message is of one version, and its columns and metadata say which',
    async () => {
      const one = await followingScorer()
      expect(await one.version()).toBe(1)
      let done = false
      const seen: Scored[] = []
      const streaming = (async () => {
        while (!done) seen.push(...(await Promise.all(Array.from({ length: 8 }, () => one.score(32)))))
      })()
      for (const version of [2, 3, 4]) {
        await one.registry.publish(scaled(version))
        await one.until(version)
      }
      done = true
      await streaming
      expect(new Set(seen.map(({ versions }) => versions[0])).size).toBeGreaterThan(1)
      for (const { y, versions, models, outcome } of seen) {
        expect(outcome.rejects).toEqual([])
        expect(new Set(versions).size).toBe(1)
        const [version] = versions as number[]
        expect(models).toMatchObject([{ version }])
        expect(y).toEqual(Array.from({ length: 32 }, (_, i) => (1 + (i % 4)) * version))
      }
      expect(one.lines.filter((line) => line.includes('is live'))).toHaveLength(3)
      expect(await one.metrics.registry.metrics()).toContain(
        'spillway_model_swaps_total{step="m",pipeline="test"} 3',
      )
    },
    LIMIT,
  )

  it(
    'refuses what is hostile, says why, and goes on with what it has',
    async () => {
      const one = await followingScorer(', trial_s: 12')
      const hostile: readonly (readonly [string, BundleFiles])[] = [
        ['MODEL_INVALID', scaled(2, Number.NaN, {}, linear([Number.NaN]))],
        ['PROBE_FAILED', scaled(3, 3, {}, linear([Number.NaN]))],
        ['PROBE_FAILED', scaled(4, 4, {}, linear([5]))],
        ['MODEL_INVALID', scaled(5, 5, {}, Buffer.from('noise'))],
        ['MODEL_INVALID', scaled(6, 6, { inputs: { z: 'x' } })],
        ['MODEL_INVALID', scaled(7, 7, { outputs: [{ name: 'y', columns: ['other'] }] })],
        ['MODEL_INVALID', scaled(8, 2, {}, tinyModel({ external: true }))],
        ['MODEL_INVALID', scaled(9, 2, {}, tinyModel({ domain: 'evil' }))],
        ['MODEL_CRASHES', scaled(10, 2, {}, endless())],
        ['CONFIG_INVALID', scaled(11, 2, { features: { builder: 'columns', version: 9 } })],
      ]
      const refused = () => one.lines.filter((line) => /is refused/.test(line))
      for (const [index, [code, files]] of hostile.entries()) {
        await one.registry.publish(files)
        await until(() => refused().length > index, `a refusal: ${code}`, 60_000)
        expect(refused()[index].split(': ')[2]).toBe(code)
        expect(await one.version()).toBe(1)
      }
      // Behind the registry's back.
      const entry = await one.registry.publish(scaled(12))
      writeFileSync(join(one.folder, 'registry/bundles', entry.digest, 'model.onnx'), 'short')
      await until(() => refused().length > hostile.length, 'a refusal of a damaged file', 60_000)
      await one.registry.publish(scaled(13))
      await one.until(13)
    },
    LIMIT,
  )

  it.runIf(process.platform === 'linux' && process.arch === 'x64')(
    'gives up a bundle that brings down the process it is tried in, after three times, and takes the next',
    async () => {
      const one = await followingScorer()
      const trials = new Set<string>()
      const watching = setInterval(() => {
        for (const pid of childrenThatRun('trial-child.js')) trials.add(pid)
      }, 10)
      try {
        await one.registry.publish(scaled(2, 2, {}, crashing()))
        await until(() => trials.size === 3, 'three trials', 60_000)
        // The registry is looked at every half second.
        await sleep(4_000)
        expect(trials.size).toBe(3)
      } finally {
        clearInterval(watching)
      }
      const refused = one.lines.filter((line) => line.includes('is refused'))
      expect(refused).toHaveLength(1)
      expect(refused[0]).toMatch(
        /v2 is refused: MODEL_CRASHES: loading the model ended its process \(SIG[A-Z]+\)$/,
      )
      expect(one.lines.filter((line) => line.startsWith('fatal'))).toEqual([])
      expect(await one.version()).toBe(1)
      await one.registry.publish(scaled(3))
      await one.until(3)
    },
    LIMIT,
  )

  it(
    'finds the good version above a flood of bad ones',
    async () => {
      const one = await followingScorer()
      for (let version = 2; version < 80; version++)
        await one.registry.publish(scaled(version, 2, {}, Buffer.from(`noise ${version}`)))
      await one.registry.publish(scaled(80))
      await one.until(80)
    },
    LIMIT,
  )

  it(
    'takes only what the key signed',
    async () => {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const one = await followingScorer(', require_signed: true, public_key: key.pem', (folder) =>
        writeFileSync(join(folder, 'key.pem'), publicKey.export({ type: 'spki', format: 'pem' })),
      )
      const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
      await one.registry.publish(scaled(2))
      await until(() => one.lines.some((line) => line.includes('v2 is refused: MODEL_UNSIGNED')), 'unsigned')
      await one.registry.publish(signBundle(scaled(3), other))
      await until(
        () => one.lines.some((line) => line.includes('v3 is refused: SIGNATURE_INVALID')),
        'foreign',
      )
      await one.registry.publish(signBundle(scaled(4), privateKey))
      await one.until(4)
    },
    LIMIT,
  )

  it(
    'never takes an older version, nor other bytes under the live version',
    async () => {
      const one = await followingScorer()
      await one.registry.publish(scaled(5))
      await one.until(5)
      await one.registry.publish(scaled(3))
      await one.registry.publish(scaled(4))
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      expect(await one.version()).toBe(5)
    },
    LIMIT,
  )

  it(
    'follows the pin, forward only',
    async () => {
      const one = await followingScorer(', version: pinned')
      await one.registry.publish(scaled(2))
      await one.registry.publish(scaled(3))
      await new Promise((resolve) => setTimeout(resolve, 1_200))
      expect(await one.version()).toBe(1)
      await one.registry.pin('tiny', 3)
      await one.until(3)
      await one.registry.pin('tiny', 2)
      await until(() => one.lines.some((line) => line.includes('MODEL_OUTDATED')), 'a word about the pin')
      expect(await one.version()).toBe(3)
    },
    LIMIT,
  )
})
