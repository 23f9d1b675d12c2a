import type { KeyObject } from 'node:crypto'
import { isAbsolute, resolve } from 'node:path'
import { SpillwayError } from '../../errors.js'
import { bundleOf, SIGNATURE_FILE } from '../../models/bundle.js'
import type { Bundle } from '../../models/manifest.js'
import { rollBack } from '../../models/publishing.js'
import type { Entry, Registry } from '../../models/registry.js'
import { openRegistry } from '../../models/registry-open.js'
import { readPublicKey, verifyBundle } from '../../models/signature.js'
import type { RegistryModel } from './config.js'

/** The newest of the versions above the live one that are looked at: a flood of them costs no more than this. */
const MOST_OFFERED = 64

/** What a registry offers for one step. */
export interface Offered {
  /** Entries that the step may take, best first. */
  readonly entries: readonly Entry[]
  /** What is wrong with what was listed; told, and otherwise passed over. */
  readonly problems: readonly SpillwayError[]
}

/** The model of a registry that one step follows: which versions it may take, and their bundles, verified. */
export class ModelFeed {
  readonly #config: RegistryModel
  readonly #registry: Registry
  readonly #key: KeyObject | null

  private constructor(config: RegistryModel, registry: Registry, key: KeyObject | null) {
    this.#config = config
    this.#registry = registry
    this.#key = key
  }

  /**
   * @param folder Where relative paths of the configuration start from.
   * @throws SpillwayError REGISTRY_UNAVAILABLE, CONFIG_INVALID
   */
  static async open(config: RegistryModel, folder: string): Promise<ModelFeed> {
    const path = (name: string): string => (isAbsolute(name) ? name : resolve(folder, name))
    const key = config.public_key === undefined ? null : readPublicKey(path(config.public_key))
    return new ModelFeed(config, await openRegistry(config.registry, folder, config.credentials), key)
  }

  get place(): string {
    return `${this.#registry.place}, ${this.#config.name}`
  }

  /** Whether there is anything to wait for: one version for good never changes. */
  get changes(): boolean {
    return typeof this.#config.version !== 'number'
  }

  /** Versions above `above` that the step may take, newest first. @throws SpillwayError REGISTRY_UNAVAILABLE */
  async offered(above: number): Promise<Offered> {
    const { name, version } = this.#config
    if (version === 'latest') return this.#registry.list(name, { above, most: MOST_OFFERED })
    const listing = await this.#registry.list(name, { only: version })
    const wanted = version === 'pinned' ? listing.pinned : version
    const { problems } = listing
    if (wanted === null || wanted === above) return { entries: [], problems }
    if (wanted < above)
      return { entries: [], problems: [...problems, outdated(name, wanted, above, this.place)] }
    return { entries: listing.entries, problems }
  }

  /**
   * The bundle of an entry: digests verified, the signature too where one is asked for or a key is known, and with a
   * probe, because nothing is put before events that has not given known answers here.
   * @throws SpillwayError MODEL_INVALID, MODEL_UNSIGNED, SIGNATURE_INVALID, REGISTRY_UNAVAILABLE
   */
  async take(entry: Entry): Promise<Bundle> {
    const origin = `${this.place} v${entry.version}`
    const files = await this.#registry.fetch(entry)
    const { require_signed } = this.#config
    if (this.#key !== null && (require_signed || files.has(SIGNATURE_FILE))) {
      verifyBundle(files, this.#key, origin)
    }
    const bundle = bundleOf(files, origin)
    if (bundle.probe === null) {
      throw new SpillwayError('MODEL_INVALID', 'a model of a registry must have a probe', { place: origin })
    }
    return bundle
  }

  /**
   * Publishes the weights of an old version under the next one, for whoever follows this registry.
   * @throws SpillwayError ACTION_REFUSED where signatures are asked for: the key that signs is not here; what
   * publishing throws
   */
  rollBack(version: number, note: string): Promise<Entry> {
    this.checkPublishes(version)
    return rollBack(this.#registry, this.#config.name, version, { key: null, note })
  }

  /** @throws SpillwayError ACTION_REFUSED where `rollBack` cannot publish */
  checkPublishes(version: number): void {
    const { require_signed, name } = this.#config
    if (!require_signed) return
    throw new SpillwayError('ACTION_REFUSED', 'this step takes signed models only, and no process can sign', {
      place: this.place,
      remedy: `Publish where the key is: \`spillway models rollback ${name} ${version} --sign KEY\`.`,
    })
  }

  watch(hint: () => void): Promise<{ close(): Promise<void> }> {
    return this.#registry.watch(this.#config.name, hint)
  }

  close(): Promise<void> {
    return this.#registry.close()
  }
}

const outdated = (name: string, pinned: number, live: number, place: string): SpillwayError =>
  new SpillwayError('MODEL_OUTDATED', `${name} is pinned to v${pinned}, older than v${live}, which is live`, {
    place,
  })
