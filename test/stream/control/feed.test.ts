import { join } from 'node:path'
import { expect, it } from 'vitest'
import { folderRegistry } from '#spillway/models/registry-folder.js'
import { isModelStep, isRegistryStep } from '#spillway/stream/config/schema.js'
import { ModelFeed } from '#spillway/stream/control/feed.js'
import { pipelineIn, temporary } from '../../support/pipelines.js'
import { scaled } from '../../support/registries.js'

async function feedOf(versions: number, follow: string) {
  const folder = temporary()
  const registry = folderRegistry(join(folder, 'registry'))
  for (let version = 1; version <= versions; version++) await registry.publish(scaled(version))
  const { config } = pipelineIn(
    folder,
    `steps: [{ name: m, model: { registry: registry, name: tiny, version: ${follow} } }]`,
  )
  const step = config.steps.filter(isModelStep).find(isRegistryStep)!
  const feed = await ModelFeed.open(step.model, folder)
  const offered = async (above: number) => {
    const { entries, problems } = await feed.offered(above)
    return [entries.map(({ version }) => version), problems.map(({ code }) => code)]
  }
  return { registry, offered }
}

it('offers the newest 64 of a flood of versions', async () => {
  const { offered } = await feedOf(70, 'latest')
  expect(await offered(0)).toEqual([Array.from({ length: 64 }, (_, i) => 70 - i), []])
  expect(await offered(68)).toEqual([[70, 69], []])
})

it('offers the pinned version alone', async () => {
  const { registry, offered } = await feedOf(5, 'pinned')
  expect(await offered(0)).toEqual([[], []])
  await registry.pin('tiny', 3)
  expect(await offered(0)).toEqual([[3], []])
  expect(await offered(3)).toEqual([[], []])
  expect(await offered(4)).toEqual([[], ['MODEL_OUTDATED']])
})
