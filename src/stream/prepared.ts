import { asSpillwayError, SpillwayError } from '../errors.js'
import type { EventSchema } from '../ingest/columns.js'
import type { Read } from '../models/feature-builder.js'
import type { NativeCall } from '../models/scorer.js'
import { Slot } from '../models/slot.js'
import { isModelStep, isRegistryStep, type PipelineConfig } from './config/schema.js'
import { OutcomeEncoder, type Subset } from './outcome.js'
import {
  type BoundSteps,
  bindSteps,
  type LoadedModel,
  type LoadedStep,
  liveModels,
  loadModel,
  stepColumns,
} from './steps.js'
import type { LineUp, LineUpOffer, LiveModel } from './work.js'

/** Schemas remembered; a stream of ever new ones must not grow without bound. */
const SCHEMAS = 64

/** A line-up with its models loaded. */
export interface PreparedLineUp {
  readonly models: readonly LiveModel[]
  readonly outcomes: OutcomeEncoder
  /** The steps for a schema; most streams have one. @throws SpillwayError when a step does not fit it. */
  bind(schema: EventSchema): BoundSteps
}

/** The line-ups of one worker: their models in slots, one a step, and their steps bound to the schemas seen. */
export class LineUpTable {
  readonly #config: PipelineConfig
  readonly #subset: Subset
  readonly #native: NativeCall | undefined
  readonly #slots = new Map<string, Slot<LoadedModel>>()
  readonly #lineUps = new Map<
    number,
    PreparedLineUp & { readonly lineUp: LineUp; readonly steps: LoadedSteps }
  >()
  /** Schemas that some line-up was bound to. */
  readonly #schemas = new Map<string, EventSchema>()

  constructor(config: PipelineConfig, subset: Subset, native?: NativeCall) {
    this.#config = config
    this.#subset = subset
    this.#native = native
    for (const step of config.steps) if (isModelStep(step)) this.#slots.set(step.name, new Slot())
  }

  get(id: number): PreparedLineUp {
    const found = this.#lineUps.get(id)
    if (found === undefined) throw new SpillwayError('INTERNAL', `line-up ${id} is not ready`)
    return found
  }

  get newest(): PreparedLineUp {
    return this.get(Math.max(...this.#lineUps.keys()))
  }

  /**
   * Loads what is not there yet and binds it to every schema seen, so that what does not fit fails here. What fails
   * leaves everything as it was.
   * @throws SpillwayError MODEL_INVALID, PROVIDER_UNAVAILABLE; COLUMN_MISSING when it cannot be known yet.
   */
  async prepare(offer: LineUpOffer): Promise<readonly LiveModel[]> {
    try {
      const steps = await this.#load(offer)
      this.#checkFit(steps)
      const models = [...steps.values()].flatMap(liveModels)
      const outcomes = new OutcomeEncoder(this.#config, models, this.#subset)
      const bound = new Map<string, BoundSteps>()
      // Messages decoded with one memory of schemas share the object: most need no look at what is in it.
      const known = new WeakMap<EventSchema, BoundSteps>()
      const bind = (schema: EventSchema): BoundSteps => {
        const found = known.get(schema) ?? this.#bind(steps, bound, schema)
        known.set(schema, found)
        return found
      }
      const lineUp = { id: offer.id, steps: offer.steps }
      this.#lineUps.set(offer.id, { lineUp, steps, models, outcomes, bind })
      return models
    } catch (error) {
      await this.#free()
      throw error
    }
  }

  async drop(id: number): Promise<void> {
    this.#lineUps.delete(id)
    await this.#free()
  }

  async #load({ steps, bundles }: LineUpOffer): Promise<LoadedSteps> {
    const loaded = new Map<string, LoadedStep>()
    for (const config of this.#config.steps) {
      if (!isModelStep(config)) continue
      const slot = this.#slots.get(config.name)!
      const model = (key: string): Promise<LoadedModel> =>
        slot.offer(key, () => loadModel(key, bundles[key], config, this.#config, this.#native))
      const { live, canary, shadow } = steps[config.name]
      loaded.set(config.name, {
        config,
        live: await model(live),
        canary: canary === undefined ? null : { ...(await model(canary.model)), share: canary.share },
        shadow: shadow === undefined ? null : await model(shadow),
      })
    }
    return loaded
  }

  /** A newcomer must give the columns that the pipeline was built for, from columns that the events have. */
  #checkFit(steps: LoadedSteps): void {
    const before = [...this.#lineUps.values()].at(-1)
    if (before === undefined) return
    for (const [name, { config, live, canary, shadow }] of steps) {
      const old = before.steps.get(name)!.live
      for (const { key, origin, scorer } of [live, canary ?? live, shadow ?? live]) {
        if (key === old.key) continue
        const wanted = stepColumns(config, old.scorer).map(columnText).join(', ')
        const found = stepColumns(config, scorer).map(columnText).join(', ')
        if (found !== wanted) {
          throw new SpillwayError(
            'MODEL_INVALID',
            `it gives ${found}; the pipeline was built for ${wanted}`,
            {
              place: origin,
            },
          )
        }
        if (this.#schemas.size === 0) checkSameReads(scorer.builder.reads, old.scorer.builder.reads, origin)
      }
    }
    for (const schema of this.#schemas.values()) {
      try {
        bindSteps(this.#config, steps, schema)
      } catch (cause) {
        const { message, place } = asSpillwayError(cause, 'MODEL_INVALID')
        throw new SpillwayError('MODEL_INVALID', `it does not fit the events: ${message}`, { place, cause })
      }
    }
  }

  #bind(steps: LoadedSteps, bound: Map<string, BoundSteps>, schema: EventSchema): BoundSteps {
    const key = schema.columns
      .map(({ path, axis, type, unit }) => `${path}|${axis}|${type}|${unit ?? ''}`)
      .join('\n')
    let found = bound.get(key)
    if (found === undefined) {
      found = bindSteps(this.#config, steps, schema)
      if (bound.size >= SCHEMAS) bound.clear()
      bound.set(key, found)
      if (this.#schemas.size >= SCHEMAS) this.#schemas.clear()
      if (this.#config.steps.some(isRegistryStep)) this.#schemas.set(key, schema)
    }
    return found
  }

  async #free(): Promise<void> {
    for (const [name, slot] of this.#slots) {
      const used = [...this.#lineUps.values()].flatMap(({ lineUp }) => {
        const { live, canary, shadow } = lineUp.steps[name]
        return [
          live,
          ...(canary === undefined ? [] : [canary.model]),
          ...(shadow === undefined ? [] : [shadow]),
        ]
      })
      await slot.keep(new Set(used))
    }
  }
}

type LoadedSteps = ReadonlyMap<string, LoadedStep>

const columnText = ({ path, axis }: { readonly path: string; readonly axis: string }): string =>
  axis === '' ? path : `${path} per ${axis}`

/** Before any event was seen, only what the live model reads is known to be there. */
function checkSameReads(reads: readonly Read[], known: readonly Read[], place: string): void {
  const paths = new Set(known.map(({ path }) => path))
  const more = reads.map(({ path }) => path).filter((path) => !paths.has(path))
  if (more.length === 0) return
  throw new SpillwayError(
    'COLUMN_MISSING',
    `it reads ${more.join(', ')}, which the live model does not; no event was seen yet that shows whether it is there`,
    { place, remedy: 'It is tried again once events have come.' },
  )
}
