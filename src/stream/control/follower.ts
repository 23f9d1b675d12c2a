import { asSpillwayError } from '../../errors.js'
import type { Bundle } from '../../models/manifest.js'
import type { Entry } from '../../models/registry.js'
import type { PipelineConfig, RegistryStepConfig } from '../config/schema.js'
import type { LiveModel, StepModels, TaskReply } from '../work.js'
import type { ControlEvents, RollbackReason } from './events.js'
import type { ModelFeed } from './feed.js'
import { BLAMED, type Judge, judgeOf } from './judge.js'
import type { LineUps } from './line-ups.js'
import { provedNewcomer } from './newcomer.js'
import { type Model, type OnTrial, trialView } from './on-trial.js'
import { demoted, Refusals } from './refusals.js'
import type { TrialView } from './view.js'

export interface FollowerOptions {
  readonly step: RegistryStepConfig
  readonly config: PipelineConfig
  readonly feed: ModelFeed
  /** What the pipeline began with. */
  readonly live: Bundle
  readonly lineUps: LineUps
  readonly events: ControlEvents
}

/**
 * Follows the registry for one step: lists on hints and on a timer, and takes the newest version above the live one
 * through fetch, digests, signature, trial in a process of its own, the workers, and the rollout asked for. What fails
 * anywhere leaves the live model as it is, and is told once. A new live model that does badly is taken back for the
 * one before; it never comes again.
 */
export class Follower {
  readonly #options: Omit<FollowerOptions, 'live'>
  readonly #refusals = new Refusals()
  #live: Model
  /** The one before the live one, for which that may be taken back. */
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
    const { live, ...rest } = options
    const { lineUps, step } = rest
    this.#options = rest
    this.#live = { key: lineUps.of(step.name).live, bundle: live, told: this.#told(lineUps.models) }
    this.#above = live.manifest.version
  }

  get step(): string {
    return this.#options.step.name
  }

  /** What is on trial. */
  get trial(): TrialView | null {
    return this.#candidate === null ? null : trialView(this.#options.step, this.#candidate, this.live)
  }

  get live(): number {
    return this.#live.bundle.manifest.version
  }

  /** Version for which the live one can be taken back. */
  get before(): number | null {
    return this.#before?.bundle.manifest.version ?? null
  }

  /** An operator's word in place of the judge's, while something is on trial. @throws as `LineUps.change` */
  promote(): Promise<void> {
    return this.#candidate === null ? Promise.resolve() : this.#promote()
  }

  /** Takes the live model back for the one before, where there is one. */
  rollBack(): void {
    if (this.#before !== null) this.#takeBack('an operator took it back', 'operator')
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
        if (await this.#takeBest()) this.#again = true
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
      if (verdict.ok) this.#promote().catch(() => {})
      else this.#sendAway(verdict.why, false)
    }
    const watched = this.#watched?.verdict ?? null
    if (watched?.ok === false) this.#takeBack(watched.why, /drifted/.test(watched.why) ? 'drift' : 'errors')
    // It stays; only an operator takes it back now.
    else if (watched?.ok === true) this.#watched = null
  }

  /**
   * Takes the first that proves itself of what is offered now. A hint ends it: something newer may come first.
   * @returns whether anything was tried, so that there may be more
   */
  async #takeBest(): Promise<boolean> {
    const { entries, problems } = await this.#options.feed.offered(this.#above)
    for (const problem of problems) this.#tell(null, problem)
    for (let tried = false; ; tried = true) {
      const entry = this.#refusals.firstOpen(entries, this.#candidate?.bundle.manifest.version ?? 0)
      if (entry === undefined || this.#closed || (tried && this.#again)) return tried
      try {
        await this.#take(entry)
        return true
      } catch (error) {
        if (this.#closed) return false
        this.#refusals.add(entry, error)
        this.#tell(entry, error)
      }
    }
  }

  async #take(entry: Entry): Promise<void> {
    const { feed, step, config, lineUps, events } = this.#options
    const start = performance.now()
    const bundle = await provedNewcomer(entry, feed, step, config)
    // It may have been on trial when it was listed, and was promoted since.
    if (this.#closed || entry.version <= this.#above) return
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
    const judge = judgeOf(rollout, bundle)
    this.#candidate = { key, bundle, told, judge }
    events.onTrial(step.name, mode, bundle.manifest)
  }

  /** @throws what a worker has against it: told, and the live model stays */
  async #promote(): Promise<void> {
    const { step, lineUps } = this.#options
    const candidate = this.#candidate!
    this.#candidate = null
    this.#above = candidate.bundle.manifest.version
    const start = performance.now()
    try {
      const models = (): StepModels => ({ live: candidate.key })
      const told = await lineUps.change({ step: step.name, models, bundles: {} })
      this.#goLive({ ...candidate, told }, start)
    } catch (error) {
      this.#above = this.live
      this.#tell(candidate.bundle.manifest, error)
      throw error
    }
  }

  #goLive({ key, bundle, told }: Model, start: number): void {
    const { step, events, lineUps } = this.#options
    const from = this.#live.bundle.manifest.version
    const { rollback } = step.model
    this.#before = this.#live
    this.#watched = rollback.events > 0 ? judgeOf(rollback, bundle) : null
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
    if (atOnce) lineUps.retreat(change, lineUps.modelsWith(this.step, this.#live.told))
    else void lineUps.change(change).catch((error: unknown) => this.#tell(manifest, error))
    this.#tell(
      manifest,
      demoted(`${manifest.name} v${manifest.version} is not promoted: ${why}`, bundle.origin),
    )
  }

  /** The live model goes; the one before comes back. */
  #takeBack(why: string, reason: RollbackReason): void {
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
    lineUps.retreat(change, lineUps.modelsWith(this.step, before.told))
    events.rolledBack(step.name, manifest.version, before.bundle.manifest, reason)
    this.#tell(manifest, demoted(`${manifest.name} v${manifest.version} is taken back: ${why}`, origin))
  }

  #told(models: readonly LiveModel[]): readonly LiveModel[] {
    return models.filter(({ step }) => step === this.step)
  }

  #tell(of: { readonly version: number } | null, error: unknown): void {
    const { events, feed } = this.#options
    const known = asSpillwayError(error, 'INTERNAL', { place: feed.place })
    if (this.#refusals.isNews(of?.version ?? 0, known)) events.refused(this.step, of?.version ?? null, known)
  }
}
