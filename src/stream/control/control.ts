import { countsOf, driftFeatures } from '../../models/drift.js'
import type { Bundle, Manifest } from '../../models/manifest.js'
import type { LoadedPipeline } from '../config/load.js'
import { isModelStep, isRegistryStep } from '../config/schema.js'
import type { Metrics } from '../metrics.js'
import { modelShape } from '../steps.js'
import type { TaskReply } from '../work.js'
import { DriftWindow } from './drift-window.js'
import type { ControlEvents } from './events.js'
import { ModelFeed } from './feed.js'
import { Follower } from './follower.js'
import { ModelHistory, type ModelNews } from './history.js'
import type { LineUps } from './line-ups.js'
import { type Followed, modelOperator } from './operator.js'
import type { ModelOperator, ServingView } from './view.js'

/** Drift of the live model of one step. */
interface Watched {
  readonly key: string
  readonly window: DriftWindow
}

/** The models of a running pipeline: followers of registries, drift, and what is told of both. */
export class ModelControl {
  readonly #pipeline: LoadedPipeline
  #bundles: ReadonlyMap<string, Bundle>
  readonly #metrics: Metrics
  readonly #tell: (line: string) => void
  readonly #drift = new Map<string, Watched>()
  #lineUps: LineUps | undefined
  readonly #history = new ModelHistory()
  #followed: readonly Followed[] = []
  /** What an operator may do. */
  readonly operator: ModelOperator = modelOperator(() => this.#followed)

  /** @param bundles What the pipeline begins with, by step. */
  constructor(
    pipeline: LoadedPipeline,
    bundles: ReadonlyMap<string, Bundle>,
    metrics: Metrics,
    tell: (line: string) => void,
  ) {
    this.#pipeline = pipeline
    this.#bundles = bundles
    this.#metrics = metrics
    this.#tell = tell
    metrics.ofModels.followDrift(() =>
      [...this.#drift].map(([step, { window }]) => ({ step, drift: window.drift(Date.now()) })),
    )
  }

  /** Begins to follow registries. @throws SpillwayError REGISTRY_UNAVAILABLE */
  async start(lineUps: LineUps): Promise<void> {
    const { config, folder } = this.#pipeline
    this.#lineUps = lineUps
    const events = this.#events(lineUps)
    for (const step of config.steps) {
      if (!isModelStep(step)) continue
      const live = this.#bundles.get(step.name)!
      this.#follow(step.name, live.manifest)
      const { name, version } = live.manifest
      this.#history.add(step.name, 'start', version, `${name} v${version} at the start`)
      if (!isRegistryStep(step)) continue
      this.#metrics.ofModels.follows(step.name)
      const feed = await ModelFeed.open(step.model, folder)
      const follower = new Follower({ step, config, feed, live, lineUps, events })
      this.#followed = [...this.#followed, { follower, feed }]
      await follower.start()
    }
    // From here on followers alone hold models: the first ones are let go when newer ones are live.
    this.#bundles = new Map()
  }

  task(reply: TaskReply): void {
    for (const { step, reports } of reply.cost.steps) {
      for (const report of reports ?? []) {
        this.#metrics.ofModels.report(step, report)
        const watched = this.#drift.get(step)
        if (report.drift !== null && report.model === watched?.key)
          watched.window.add(report.drift, Date.now())
      }
    }
    for (const { follower } of this.#followed) follower.observe(reply)
  }

  /** A worker was lost while it was at a task. */
  workerLost(): void {
    for (const { follower } of this.#followed) follower.workerLost()
  }

  async close(): Promise<void> {
    await Promise.all(this.#followed.map(({ follower }) => follower.close()))
  }

  /** For people to look at. */
  get view(): ServingView {
    return {
      references: [...this.#drift].map(([step, { window }]) => ({
        step,
        features: window.compared(Date.now()),
      })),
      trials: this.#followed.map(({ follower }) => follower.trial).filter((trial) => trial !== null),
      history: this.#history.news,
    }
  }

  /** The live model of a step from now on. */
  #follow(step: string, manifest: Manifest): void {
    const config = this.#pipeline.config.steps.find((one) => isModelStep(one) && one.name === step)
    const features = driftFeatures(manifest, modelShape(manifest).builder)
    if (features.length === 0 || config === undefined || !isModelStep(config)) {
      this.#drift.delete(step)
      return
    }
    const window = new DriftWindow(features, countsOf(features), config.drift.window_s * 1e3)
    this.#drift.set(step, { key: this.#lineUps!.of(step).live, window })
  }

  #events(lineUps: LineUps): ControlEvents {
    const { ofModels } = this.#metrics
    const say = (step: string, what: ModelNews['what'], version: number | null, text: string): void => {
      this.#history.add(step, what, version, text)
      this.#tell(`step ${step}: ${text}`)
    }
    const goLive = (step: string, model: Manifest): void => {
      this.#follow(step, model)
      this.#metrics.models(lineUps.models)
    }
    return {
      swapped: (step, from, to, seconds) => {
        goLive(step, to)
        ofModels.swapped(step)
        const text = `${to.name} v${to.version} is live, v${from} before (${seconds.toFixed(2)} s)`
        say(step, 'live', to.version, text)
      },
      onTrial: (step, mode, { name, version }) => {
        ofModels.onTrial(step, mode, version)
        say(step, 'trial', version, `${name} v${version} is on trial as ${mode}`)
      },
      refused: (step, version, { code, message }) => {
        ofModels.refused(step, code)
        const what = version === null ? 'its registry' : `v${version} is refused`
        say(step, 'refused', version, `${what}: ${code}: ${message}`)
      },
      rolledBack: (step, from, to, reason) => {
        goLive(step, to)
        ofModels.rolledBack(step, reason)
        say(
          step,
          'taken back',
          to.version,
          `v${from} is taken back (${reason}); ${to.name} v${to.version} is live`,
        )
      },
    }
  }
}
