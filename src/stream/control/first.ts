import { SpillwayError } from '../../errors.js'
import type { Bundle } from '../../models/manifest.js'
import type { RegistryModel } from './config.js'
import { ModelFeed } from './feed.js'

/** Versions tried at the start before the pipeline gives up. */
const TRIES = 8

/**
 * The model that a step begins with: the best version that proves itself.
 * @param prove Throws why a bundle cannot be used.
 * @throws SpillwayError why the best version cannot be used, when none can; MODEL_UNREADABLE when there is none.
 */
export async function firstModel<T>(
  config: RegistryModel,
  folder: string,
  prove: (bundle: Bundle) => Promise<T>,
): Promise<{ readonly bundle: Bundle; readonly proof: T; readonly refused: readonly SpillwayError[] }> {
  const feed = await ModelFeed.open(config, folder)
  try {
    const { entries, problems } = await feed.offered(0)
    const refused: SpillwayError[] = [...problems]
    for (const entry of entries.slice(0, TRIES)) {
      try {
        const bundle = await feed.take(entry)
        return { bundle, proof: await prove(bundle), refused }
      } catch (error) {
        if (!(error instanceof SpillwayError)) throw error
        refused.push(error)
      }
    }
    throw refused[0] ?? noModel(config, feed.place)
  } finally {
    await feed.close()
  }
}

function noModel({ name, version }: RegistryModel, place: string): SpillwayError {
  const what = version === 'pinned' ? `no pinned version of ${name}` : `no ${name}`
  const exact = typeof version === 'number' ? `${what} v${version}` : what
  const pin = `Pin one: \`spillway models pin ${name} VERSION\`.`
  return new SpillwayError('MODEL_UNREADABLE', `the registry has ${exact}`, {
    place,
    remedy: version === 'pinned' ? pin : 'Publish it: `spillway publish`.',
  })
}
