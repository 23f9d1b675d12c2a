import { SpillwayError } from '../../errors.js'
import { driftFeatures } from '../../models/drift.js'
import type { Bundle } from '../../models/manifest.js'
import type { Entry } from '../../models/registry.js'
import { tryModel } from '../../models/trial.js'
import { limitOf, trialOf } from '../check/models.js'
import type { PipelineConfig, RegistryStepConfig } from '../config/schema.js'
import { modelShape } from '../steps.js'
import type { LiveModel, StepModels, TaskReply } from '../work.js'
import type { ControlEvents } from './events.js'
import type { ModelFeed } from './feed.js'
import { Judge } from './judge.js'
import type { LineUps } from './line-ups.js'
import { Refusals } from './refusals.js'

export interface FollowerOptions {
  readonly step: RegistryStepConfig
  readonly config: PipelineConfig
  readonly feed: ModelFeed
  /** What the pipeline began with. */
  readonly live: Bundle
  readonly lineUps: LineUps
  readonly events: ControlEvents
}

interface Model {
  readonly key: string
  readonly bundle: Bundle
  /** As the workers told when it went live. */
  readonly told: readonly LiveModel[]
}

interface OnTrial extends Model {
  readonly judge: Judge
}

/**
 * Follows the registry for one step: lists on hints and on a timer, and takes the newest version above the live one
 * through fetch, digests, signature, trial in a process of its own, the workers, and the rollout asked for. What fails
 * anywhere leaves the live model as it is, and is told once. A new live model that does badly is taken back for the
 * one before; it never comes again.
 */
export class Follower {
  readonly #options: FollowerOptions
  readonly #refusals = new Refusals()
  #live: Model
  /** The one before, while the live one may still be taken back. */
  #before: Model | null = null
  #watched: Judge | null = null
  #losses = 0
  /** Line-up with which the live model began. */
  #since = 0
  #candidate: OnTrial | null = null
  /** Versions up to here are not taken any more. */
  #above: number
  #count = 0
  #looking = false
  #again = false
  #closed = false
  #timer: NodeJS.Timeout | undefined
  #watch: { close(): Promise<void> } | undefined

  constructor(options: FollowerOptions) {
    const { lineUps, step, live } = options
    this.#options = options
    this.#live = { key: lineUps.of(step.name).live, bundle: live, told: this.#told(lineUps.models) }
    this.#above = live.manifest.version
  }

  get step(): string {
    return this.#options.step.name
  }

  async start(): Promise<void> {
    const { feed, step } = this.#options
    if (!feed.changes) return
    this.#watch = await feed.watch(() => void this.look())
    this.#timer = setInterval(() => {
      this.#refusals.forgive()
      void this.look()
    }, step.model.poll_s * 1e3)
    // What was published while the pipeline started.
    void this.look()
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    await this.#watch?.close()
    await this.#options.feed.close()
  }

  /** Lists the registry and takes what is new, one version after another, newest first. Never rejects. */
  async look(): Promise<void> {
    this.#again = true
    if (this.#looking) return
    this.#looking = true
    while (this.#again && !this.#closed) {
      this.#again = false
      try {
        this.#again = await this.#takeBest()
      } catch (error) {
        this.#tell(null, error)
      }
    }
    this.#looking = false
  }

  /** What a task tells of the models on trial. */
  observe({ cost, outcomes, lineUp = 0 }: TaskReply): void {
    const reports = cost.steps.flatMap(({ step, reports: all }) => (step === this.step ? (all ?? []) : []))
    const candidate = this.#candidate
    for (const report of reports) {
      if (report.model === candidate?.key) candidate.judge.report(report)
      if (report.model === this.#live.key) this.#watched?.report({ ...report, items: 0 })
    }
    if (lineUp >= this.#since) {
      for (const { rows, rejects } of outcomes) {
        const failed = rejects.filter(({ code }) => BLAMED.has(code))
        this.#watched?.count(rows + failed.length, failed.length, failed[0]?.message ?? null)
      }
    }
    this.#judge()
  }

  /** A worker was lost while it was at a task: a model on trial is the first suspect. */
  workerLost(): void {
    if (this.#candidate !== null) {
      this.#sendAway('a worker was lost with it', true)
      return
    }
    if (this.#watched === null || this.#before === null) return
    this.#losses++
    if (this.#losses <= this.#options.step.model.rollback.max_worker_losses) return
    this.#takeBack(`${this.#losses} workers were lost with it`, 'crash')
  }

  #judge(): void {
    const verdict = this.#candidate?.judge.verdict ?? null
    if (verdict !== null) {
      if (verdict.ok) void this.#promote()
      else this.#sendAway(verdict.why, false)
    }
    const watched = this.#watched?.verdict ?? null
    if (watched?.ok === false) this.#takeBack(watched.why, /drifted/.test(watched.why) ? 'drift' : 'errors')
    else if (watched?.ok === true) {
      // It stays: the one before is not needed any more.
      this.#watched = null
      this.#before = null
    }
  }

  /** @returns whether to look again at once */
  async #takeBest(): Promise<boolean> {
    const { feed } = this.#options
    const { entries, problems } = await feed.offered(this.#above)
    for (const problem of problems) this.#tell(null, problem)
    const entry = this.#refusals.firstOpen(entries, this.#candidate?.bundle.manifest.version ?? 0)
    if (entry === undefined || this.#closed) return false
    try {
      await this.#take(entry)
    } catch (error) {
      if (this.#closed) return false
      this.#refusals.add(entry, error)
      this.#tell(entry, error)
    }
    return true
  }

  async #take(entry: Entry): Promise<void> {
    const { feed, step, config, lineUps, events } = this.#options
    const start = performance.now()
    const bundle = await feed.take(entry)
    const shape = modelShape(bundle.manifest)
    const request = trialOf(step, config, bundle, { ownProvider: true, probe: true })
    await tryModel(request, limitOf(step), TRIAL_NICENESS)
    if (this.#closed) return
    const key = `${step.name}#${++this.#count}`
    const { rollout } = step.model
    const { mode, share } = rollout
    const bundles = { [key]: bundle }
    if (mode === 'direct') {
      const told = await lineUps.change({ step: step.name, models: () => ({ live: key }), bundles })
      return this.#goLive({ key, bundle, told }, start)
    }
    const models = ({ live }: StepModels): StepModels =>
      mode === 'shadow' ? { live, shadow: key } : { live, canary: { model: key, share } }
    const told = await lineUps.change({ step: step.name, models, bundles })
    const judge = new Judge(rollout, driftFeatures(bundle.manifest, shape.builder))
    this.#candidate = { key, bundle, told, judge }
    events.onTrial(step.name, mode, bundle.manifest)
  }

  async #promote(): Promise<void> {
    const { step, lineUps } = this.#options
    const candidate = this.#candidate!
    this.#candidate = null
    const start = performance.now()
    try {
      const models = (): StepModels => ({ live: candidate.key })
      const told = await lineUps.change({ step: step.name, models, bundles: {} })
      this.#goLive({ ...candidate, told }, start)
    } catch (error) {
      this.#tell(candidate.bundle.manifest, error)
    }
  }

  #goLive({ key, bundle, told }: Model, start: number): void {
    const { step, events, lineUps } = this.#options
    const from = this.#live.bundle.manifest.version
    const { rollback } = step.model
    this.#before = rollback.events > 0 ? this.#live : null
    this.#watched =
      rollback.events > 0
        ? new Judge(rollback, driftFeatures(bundle.manifest, modelShape(bundle.manifest).builder))
        : null
    this.#losses = 0
    this.#since = lineUps.current
    this.#live = { key, bundle, told: this.#told(told) }
    this.#above = bundle.manifest.version
    events.swapped(step.name, from, bundle.manifest, (performance.now() - start) / 1e3)
  }

  /** The candidate goes; the live model stays. At once where it may have ended a worker. */
  #sendAway(why: string, atOnce: boolean): void {
    const { step, lineUps } = this.#options
    const { bundle } = this.#candidate!
    this.#candidate = null
    const { manifest } = bundle
    this.#refusals.addVersion(manifest.version)
    const models = ({ live }: StepModels): StepModels => ({ live })
    const change = { step: step.name, models, bundles: {} }
    if (atOnce) lineUps.retreat(change, this.#with(this.#live.told))
    else void lineUps.change(change).catch((error: unknown) => this.#tell(manifest, error))
    this.#tell(
      manifest,
      demoted(`${manifest.name} v${manifest.version} is not promoted: ${why}`, bundle.origin),
    )
  }

  /** The live model goes; the one before comes back. */
  #takeBack(why: string, reason: 'errors' | 'drift' | 'crash'): void {
    const { step, lineUps, events } = this.#options
    const { manifest, origin } = this.#live.bundle
    const before = this.#before!
    this.#before = null
    this.#watched = null
    // One on trial goes too; it is found again at the next look.
    this.#candidate = null
    this.#live = before
    const change = {
      step: step.name,
      models: (): StepModels => ({ live: before.key }),
      bundles: { [before.key]: before.bundle },
    }
    lineUps.retreat(change, this.#with(before.told))
    events.rolledBack(step.name, manifest.version, before.bundle.manifest, reason)
    this.#tell(manifest, demoted(`${manifest.name} v${manifest.version} is taken back: ${why}`, origin))
  }

  #told(models: readonly LiveModel[]): readonly LiveModel[] {
    return models.filter(({ step }) => step === this.step)
  }

  /** All models that serve, with these for this step. */
  #with(mine: readonly LiveModel[]): readonly LiveModel[] {
    return [...this.#options.lineUps.models.filter(({ step }) => step !== this.step), ...this.#told(mine)]
  }

  #tell(of: { readonly version: number } | null, error: unknown): void {
    const { events, feed } = this.#options
    const known =
      error instanceof SpillwayError
        ? error
        : new SpillwayError('INTERNAL', String(error), { place: feed.place, cause: error })
    if (this.#refusals.isNews(of?.version ?? 0, known)) events.refused(this.step, of?.version ?? null, known)
  }
}

/** Trials give way to scoring (see `nice`). */
const TRIAL_NICENESS = 10

/** Dead letters that a model may be to blame for. */
const BLAMED = new Set(['SCORE_NOT_FINITE', 'EVENT_FAILED', 'MESSAGE_HANGS', 'MESSAGE_CRASHES'])

const demoted = (message: string, place: string): SpillwayError =>
  new SpillwayError('MODEL_DEMOTED', message, { place })
