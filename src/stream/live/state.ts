import type { ModelNews } from '../control/history.js'
import type { TrialView } from '../control/view.js'
import type { GroupView } from '../group/group.js'
import type { LiveModel } from '../work.js'
import type { EventView } from './event-view.js'
import type { Point, Series } from './history.js'
import type { ScoreHistogram } from './score-samples.js'
import type { TroubleName } from './troubles.js'

/** What a page gets when it connects; ticks follow. Plain JSON. */
export interface LiveState {
  readonly about: About
  /** Ten minutes in seconds, and a day in minutes. */
  readonly recent: Series
  readonly day: Series
  readonly now: Now
}

/** What does not change while the process runs. */
export interface About {
  readonly pipeline: string
  readonly description: string
  /** Of this process: a page that reconnects to another one starts over. */
  readonly process: string
  readonly source: string
  readonly scores: string
  readonly chains: readonly ChainInfo[]
  /** Steps with a model. */
  readonly steps: readonly string[]
  readonly workers: number
  /** Actions that a page with the token may ask for; none without a token in the configuration. */
  readonly actions: readonly string[]
  /** Those that may be asked of every process of the group. */
  readonly groupActions: readonly string[]
  /** Steps that follow a registry: their models can be promoted and rolled back. */
  readonly following: readonly string[]
}

export interface ChainInfo {
  readonly name: string
  readonly when: string
  readonly prescale: number
}

/**
 * What happened in the last second: a point of each series, by name. `events`, `accepted`, `letters`, `aborts` and
 * `chain.<name>` are per second; `latency.p50|p95|p99` and `stage.<queue|decode|build|infer|encode|commit>` (means of a
 * task or commit) are milliseconds; `lag` is messages; `busy`, `fill.<step>` and `padding.<step>` are fractions.
 */
export interface Tick {
  /** Seconds since 1970. */
  readonly time: number
  readonly point: Point
  /** The mean of the minute, once a minute. */
  readonly minute: Point | null
  readonly now: Now
}

/** The present, whole. */
export interface Now {
  /** `null` when ready, otherwise why not. */
  readonly problem: string | null
  readonly paused: boolean
  /** What is wrong now or was lately, the gravest first. */
  readonly problems: readonly Problem[]
  readonly startedAt: number
  readonly totals: Totals
  readonly models: readonly LiveModel[]
  /** Newest first. */
  readonly modelHistory: readonly ModelNews[]
  /** Newcomers beside live models. */
  readonly trials: readonly TrialView[]
  readonly lanes: readonly LaneView[]
  readonly letters: LettersView
  /** Aborted commits, replaced workers, what an operator did; newest first. */
  readonly notices: readonly Notice[]
  readonly scores: readonly ScoreHistogram[]
  /** Inputs with references, those furthest from them first. */
  readonly inputs: readonly InputDrift[]
  readonly event: EventView | null
  /** The processes of the pipeline; `null` where none is looked for. */
  readonly group: GroupView | null
}

/** Something that is wrong with this process, and what to do about it. */
export interface Problem {
  readonly what: TroubleName
  /** Whether events wait because of it. */
  readonly grave: boolean
  /** A sentence. */
  readonly text: string
  readonly action: string
  /** When it happened last [seconds since 1970]; `null`: it is so now. */
  readonly at: number | null
  /** The shipped alert that says the same. */
  readonly alert: string | null
}

export interface Totals {
  readonly events: number
  readonly accepted: number
  readonly messages: number
  readonly bytes: number
  readonly letters: number
  readonly chains: Readonly<Record<string, number>>
}

export interface LaneView {
  readonly topic: string
  readonly partition: number
  /** Messages not yet delivered; `null` when unknown. */
  readonly lag: number | null
}

export interface LettersView {
  /** Most first. */
  readonly byCode: readonly { readonly code: string; readonly count: number }[]
  /** Newest first. */
  readonly recent: readonly LetterView[]
}

export interface LetterView {
  readonly time: number
  readonly code: string
  readonly message: string
  readonly place: string
}

export interface Notice {
  readonly time: number
  readonly text: string
}

/** How far an input of a live model is from the training sample. */
export interface InputDrift {
  readonly step: string
  /** `<tensor>.<component>` */
  readonly name: string
  readonly count: number
  readonly psi: number
  readonly ks: number
}
