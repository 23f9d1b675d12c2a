import { SpillwayError } from '../../errors.js'
import { decodeMessage, SchemaMemory } from '../../ingest/arrow/index.js'
import { isModelStep, type PipelineConfig } from '../config/schema.js'
import type { ServingView } from '../control/view.js'
import type { EngineEvents } from '../engine-events.js'
import type { Done } from '../sink.js'
import type { LiveModel } from '../work.js'
import { type EventView, eventView } from './event-view.js'
import { type Facts, NOTHING_YET } from './facts.js'
import { History, meanOf, type Point } from './history.js'
import { type Incident, problemsOf, REMEMBERED_LAGS, REMEMBERED_LATENCIES } from './problems.js'
import { ScoreSamples } from './score-samples.js'
import { type FullCall, Second } from './second.js'
import type { InputDrift, LiveState, Notice, Now, Tick } from './state.js'
import { RunningTotals } from './totals.js'

const RECENT_POINTS = 600
const DAY_POINTS = 1_440
const SECONDS_A_MINUTE = 60
const MOST_NOTICES = 50
const MOST_INCIDENTS = 50
const MOST_INPUTS = 24
/** A message that is decoded here, on the main thread, takes a few milliseconds at most. */
const SAMPLE_BYTES = 4 << 20
const LIMITS = { maxBytes: SAMPLE_BYTES, maxRows: 1 << 20, maxRatio: 256 }

/**
 * What the live page shows, kept in memory that does not grow: it listens to the engine and makes a tick each second.
 * Nothing is decoded but one message a second, for the score histograms and the event display.
 */
export class LiveRecorder {
  /** Listens; give these to the engine beside the others. */
  readonly events: EngineEvents
  readonly #chains: readonly string[]
  readonly #full: ReadonlyMap<string, FullCall>
  readonly #steps: readonly string[]
  readonly #recent = new History(1, RECENT_POINTS)
  readonly #day = new History(SECONDS_A_MINUTE, DAY_POINTS)
  readonly #totals = new RunningTotals()
  readonly #samples: ScoreSamples
  readonly #schemas = new SchemaMemory(8)
  readonly #stalledSeconds: number
  readonly #startedAt = Date.now() / 1e3
  #minute: readonly Point[] = []
  #second: Second
  #notices: readonly Notice[] = []
  #incidents: readonly Incident[] = []
  #event: EventView | null = null
  /** One message of this second, and how many it was chosen from. */
  #sample: Done | null = null
  #seen = 0
  #models: readonly LiveModel[] = []
  #now: Now

  constructor(config: PipelineConfig) {
    const menu = config.steps.find((step) => 'select' in step)?.select
    this.#chains = Object.keys(menu?.chains ?? {})
    const models = config.steps.filter(isModelStep)
    this.#full = new Map(models.map(({ name, batch }) => [name, batch]))
    this.#steps = models.map(({ name }) => name)
    this.#samples = new ScoreSamples(this.#steps)
    this.#second = new Second(this.#full)
    this.#stalledSeconds = config.http?.stalled_s ?? Number.POSITIVE_INFINITY
    this.#now = this.#present(NOTHING_YET)
    this.events = {
      task: (reply, waits) => this.#second.task(reply, waits),
      committed: (_id, done, seconds) => this.#committed(done, seconds),
      aborted: ({ topic, partition }, error) => {
        this.#second.aborted()
        this.#happened('abort', error.code)
        this.notice(`lane ${topic || 'files'}/${partition}: ${error.code}: ${error.message}`)
      },
      workerReplaced: (reason) => {
        this.#happened('worker', reason)
        this.notice(`a worker was replaced: ${reason}`)
      },
    }
  }

  notice(text: string): void {
    this.#notices = [{ time: Date.now() / 1e3, text }, ...this.#notices].slice(0, MOST_NOTICES)
  }

  get view(): Omit<LiveState, 'about'> {
    return { recent: this.#recent.view(), day: this.#day.view(), now: this.#now }
  }

  /** Closes the second. */
  tick(facts: Facts): Tick {
    const time = Math.round(Date.now() / 1e3)
    const lags = facts.lag.map(({ messages }) => messages).filter((messages) => messages !== null)
    const lag = lags.length === 0 ? null : lags.reduce((sum, messages) => sum + messages, 0)
    const point = { ...this.#second.point(facts.workers, this.#chains), lag }
    this.#second = new Second(this.#full)
    this.#recent.add(time, point)
    const minute = this.#closeMinute(time, point)
    this.#look()
    this.#forgetScores(facts.models)
    this.#now = this.#present(facts)
    return { time, point, minute, now: this.#now }
  }

  #committed(done: readonly Done[], seconds: number): void {
    this.#second.committed(done, seconds)
    this.#totals.add(done)
    for (const one of done) {
      const { rows, rejects, scores } = one.outcome
      const size = Math.max(one.message.value?.length ?? 0, scores?.length ?? 0)
      if (rows === 0 || rejects.length > 0 || size > SAMPLE_BYTES) continue
      this.#seen++
      if (Math.random() * this.#seen < 1) this.#sample = one
    }
  }

  #closeMinute(time: number, point: Point): Point | null {
    this.#minute = [...this.#minute, point]
    if (this.#minute.length < SECONDS_A_MINUTE) return null
    const mean = meanOf(this.#minute)
    this.#minute = []
    this.#day.add(time, mean)
    return mean
  }

  /** Decodes this second's message. */
  #look(): void {
    const sample = this.#sample
    this.#sample = null
    this.#seen = 0
    if (sample === null) return
    try {
      const scores = decodeMessage(sample.outcome.scores!, LIMITS, this.#schemas)
      this.#samples.add(scores)
      const events = decodeMessage(sample.message.value!, LIMITS, this.#schemas)
      this.#event = eventView(events, scores, this.#steps, Math.random()) ?? this.#event
    } catch (error) {
      // Inflated it may be larger than what is looked at here. Whatever it is, scoring goes on.
      const tooLarge = error instanceof SpillwayError && error.code === 'MESSAGE_TOO_LARGE'
      if (!tooLarge) this.notice(`live page: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  /** What a model gave before it was replaced says nothing about the one that is live now. */
  #forgetScores(models: readonly LiveModel[]): void {
    const key = ({ name, version }: LiveModel): string => `${name} ${version}`
    for (const step of this.#steps) {
      const [before, now] = [this.#models, models].map((list) =>
        list.filter((model) => model.step === step && model.share === undefined).map(key),
      )
      if (before.length > 0 && before.join() !== now.join()) this.#samples.forget(step)
    }
    this.#models = models
  }

  #happened(what: Incident['what'], how: string): void {
    this.#incidents = [{ time: Date.now() / 1e3, what, how }, ...this.#incidents].slice(0, MOST_INCIDENTS)
  }

  #problems(facts: Facts): Now['problems'] {
    const { recent, byCode } = this.#totals.letters
    const lags = this.#recent.last('lag', REMEMBERED_LAGS)
    const known = lags.slice(lags.lastIndexOf(null) + 1).filter((lag) => lag !== null)
    return problemsOf({
      time: Date.now() / 1e3,
      facts,
      stalledSeconds: this.#stalledSeconds,
      letters: recent,
      moreLetters: byCode.reduce((sum, { count }) => sum + count, 0) > recent.length,
      incidents: this.#incidents,
      lags: known,
      latencies: this.#recent.last('latency.p99', REMEMBERED_LATENCIES),
    })
  }

  #present(facts: Facts): Now {
    const { models, lag, paused, problem, group, serving } = facts
    return {
      problem,
      paused,
      problems: this.#problems(facts),
      startedAt: this.#startedAt,
      totals: this.#totals.totals,
      models,
      modelHistory: serving.history,
      trials: serving.trials,
      lanes: lag.map(({ id, messages }) => ({
        topic: id.topic || 'files',
        partition: id.partition,
        lag: messages,
      })),
      letters: this.#totals.letters,
      notices: this.#notices,
      scores: this.#samples.view(serving.references),
      inputs: inputDrift(serving),
      event: this.#event,
      group,
    }
  }
}

/** Inputs that are furthest from the training sample first. */
function inputDrift({ references }: ServingView): InputDrift[] {
  const all = references.flatMap(({ step, features }) =>
    features
      .filter(({ name }) => name.startsWith('input.'))
      .map(({ name, drift: { count, psi, ks } }) => ({
        step,
        name: name.slice('input.'.length),
        count,
        psi,
        ks,
      })),
  )
  return all.sort((a, b) => b.psi - a.psi).slice(0, MOST_INPUTS)
}
