import { describe, expect, it } from 'vitest'
import { followingScorer } from '../support/following.js'
import { until } from '../support/kafka.js'
import { lookup } from '../support/onnx.js'
import { scaled } from '../support/registries.js'

const LIMIT = 120_000

describe('shadow', () => {
  const rollout = (text: string) => `, rollout: { mode: shadow, events: 64, ${text} }`

  it(
    'scores everything beside the live model and is promoted when it is close',
    async () => {
      const one = await followingScorer(rollout('max_difference: 0.5'))
      await one.registry.publish(scaled(2, 1.01))
      await until(() => one.lines.some((line) => line.includes('on trial as shadow')), 'the trial')
      expect(await one.version()).toBe(1)
      await one.until(2)
      const text = await one.metrics.registry.metrics()
      expect(text).toMatch(/spillway_model_trial_items_total\{step="m",mode="shadow",pipeline="test"\} \d+/)
      expect(text).toMatch(/spillway_model_trial_difference\{step="m",column="y",pipeline="test"\} 0\.02/)
    },
    LIMIT,
  )

  it(
    'is sent away when it is far, and never serves a row',
    async () => {
      const one = await followingScorer(rollout('max_difference: 0.5'))
      await one.registry.publish(scaled(2, 5))
      await until(async () => {
        expect(await one.version()).toBe(1)
        return one.lines.some((line) => line.includes('MODEL_DEMOTED') && line.includes('y differs by 10'))
      }, 'the verdict')
      expect(await one.version()).toBe(1)
    },
    LIMIT,
  )
})

describe('canary', () => {
  it(
    'scores its share of the events, chosen by event number, and the columns say which',
    async () => {
      const one = await followingScorer(', rollout: { mode: canary, share: 0.25, events: 100000 }')
      await one.registry.publish(scaled(2))
      await until(() => one.lines.some((line) => line.includes('on trial as canary')), 'the trial')
      const [a, b] = [await one.score(2_000, 0), await one.score(1_000, 1_000)]
      const share = a.versions.filter((version) => version === 2).length / 2_000
      expect(share).toBeGreaterThan(0.21)
      expect(share).toBeLessThan(0.29)
      expect(b.versions).toEqual(a.versions.slice(1_000))
      expect(a.y).toEqual(a.versions.map((version, i) => Number(version) * (1 + (i % 4))))
      expect(a.models).toMatchObject([{ version: 1 }, { version: 2, share: 0.25 }])
    },
    LIMIT,
  )

  it(
    'that fails on events costs none of them, and is sent away',
    async () => {
      const one = await followingScorer(', rollout: { mode: canary, share: 0.5, events: 1000 }')
      // Throws for every x but 0, 1 and 2, which its probe does not show.
      await one.registry.publish(scaled(2, 1, {}, lookup([0, 1, 2])))
      await until(() => one.lines.some((line) => line.includes('on trial as canary')), 'the trial')
      const scored = await one.score(
        64,
        0,
        Array.from({ length: 64 }, (_, i) => 5 + i),
      )
      expect(scored.outcome.rejects).toEqual([])
      expect(new Set(scored.versions)).toEqual(new Set([1]))
      await until(async () => {
        await one.score()
        return one.lines.some((line) => line.includes('MODEL_DEMOTED'))
      }, 'the verdict')
    },
    LIMIT,
  )
})

describe('a live version that does badly', () => {
  it(
    'is taken back for the one before, and does not come again',
    async () => {
      const one = await followingScorer(', rollback: { events: 10000, max_error_share: 0.001 }')
      await one.registry.publish(scaled(2, 1, {}, lookup([0, 1, 2])))
      await one.until(2).catch(() => {})
      await until(async () => {
        const { outcome, versions } = await one.score(
          32,
          0,
          Array.from({ length: 32 }, (_, i) => 7 + i),
        )
        return outcome.rejects.length === 0 && versions[0] === 1
      }, 'the rollback')
      expect(one.lines.some((line) => line.includes('v2 is taken back (errors)'))).toBe(true)
      await new Promise((resolve) => setTimeout(resolve, 1_200))
      expect(await one.version()).toBe(1)
      await one.registry.publish(scaled(3))
      await one.until(3)
    },
    LIMIT,
  )
})
