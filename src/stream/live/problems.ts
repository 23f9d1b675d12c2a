import type { Facts } from './facts.js'
import type { LetterView, Problem } from './state.js'
import { type TroubleName, troubles } from './troubles.js'

/** What the recorder remembers besides, to say what is wrong. */
export interface Signs {
  /** Seconds since 1970. */
  readonly time: number
  readonly facts: Facts
  /** After how many seconds without a commit it is not ready. */
  readonly stalledSeconds: number
  /** Newest dead letters first, and whether there may have been more than these. */
  readonly letters: readonly LetterView[]
  readonly moreLetters: boolean
  /** Newest first. */
  readonly incidents: readonly Incident[]
  /** Messages not yet delivered, second by second, oldest first; a minute at most. */
  readonly lags: readonly number[]
  /** p99 latencies [ms], second by second, oldest first; half a minute at most, `null` where nothing was committed. */
  readonly latencies: readonly (number | null)[]
}

/** Something that went wrong and was mended by itself. */
export interface Incident {
  readonly time: number
  readonly what: 'abort' | 'worker'
  /** Error code of an abort; how a worker was lost. */
  readonly how: string
}

/** Points of `lags` and `latencies` that the rules look at. */
export const REMEMBERED_LAGS = 60
export const REMEMBERED_LATENCIES = 30

/** Limits that the shipped alerts (deploy/prometheus/alerts.yaml) have too: a test holds the two together. [s] and numbers. */
export const limits = {
  lettersFor: 300,
  abortsFor: 300,
  mostAborts: 10,
  workersFor: 600,
  modelsFor: 600,
  mostLag: 100,
  lagGrowth: 1.2,
  slow: 10,
  mostPsi: 0.25,
} as const
/** A page can say it earlier than an alert. */
const STALLED = 10
/** Fewer values say nothing of drift. */
const LEAST_VALUES = 500
/** Names in one sentence. */
const MOST_NAMES = 3

/** What is wrong with a process, the gravest first: a plain list of rules. */
export const problemsOf = (signs: Signs): readonly Problem[] => RULES.flatMap((rule) => rule(signs))

type Rule = (signs: Signs) => readonly Problem[]

const problem = (what: TroubleName, text: string, at: number | null = null): Problem => ({
  what,
  text,
  at,
  ...troubles[what],
})

const stands: Rule = ({ facts: { problem: why, stalled }, stalledSeconds }) => {
  if (stalled >= Math.min(STALLED, stalledSeconds))
    return [problem('no-progress', `Work waits and nothing was committed for ${Math.round(stalled)} s.`)]
  return why === null ? [] : [problem('not-ready', `It is not ready: ${why}.`)]
}

/** The lag of each of the last 5 s is above that of half a minute ago (or of the oldest known), and rises. */
const fallsBehind: Rule = ({ lags }) => {
  if (lags.length < 10) return []
  const last = lags.slice(-5)
  const before = lags.slice(Math.max(0, lags.length - 35), Math.max(5, lags.length - 25))
  const usual = before.reduce((sum, lag) => sum + lag, 0) / before.length
  const grows = Math.min(...last) > Math.max(limits.mostLag, limits.lagGrowth * usual) && last[4] >= last[0]
  return grows ? [problem('falls-behind', `It falls behind: ${last[4]} messages wait.`)] : []
}

const isPaused: Rule = ({ facts }) =>
  facts.paused ? [problem('paused', 'It is paused: no more input is taken.')] : []

const deadLetters: Rule = ({ time, letters, moreLetters }) => {
  const recent = letters.filter((letter) => letter.time > time - limits.lettersFor)
  if (recent.length === 0) return []
  const least = moreLetters && recent.length === letters.length ? 'at least ' : ''
  const codes = named(recent.map(({ code }) => code))
  const count = `${least}${recent.length} dead ${recent.length === 1 ? 'letter' : 'letters'}`
  return [
    problem('dead-letters', `In the last ${minutes(limits.lettersFor)}, ${count}: ${codes}.`, recent[0].time),
  ]
}

const aborts: Rule = ({ time, incidents }) => {
  const recent = incidents.filter((one) => one.what === 'abort' && one.time > time - limits.abortsFor)
  if (recent.length <= limits.mostAborts) return []
  const codes = named(recent.map(({ how }) => how))
  return [
    problem(
      'aborts',
      `In the last ${minutes(limits.abortsFor)}, commits failed again and again: ${codes}.`,
      recent[0].time,
    ),
  ]
}

const workersLost: Rule = ({ time, incidents }) => {
  const recent = incidents.filter((one) => one.what === 'worker' && one.time > time - limits.workersFor)
  if (recent.length === 0) return []
  const how = named(recent.map((one) => one.how))
  const count = recent.length === 1 ? 'a worker was' : `${recent.length} workers were`
  return [
    problem(
      'workers-lost',
      `In the last ${minutes(limits.workersFor)}, ${count} replaced: ${how}.`,
      recent[0].time,
    ),
  ]
}

const slow: Rule = ({ latencies }) => {
  const last = latencies.filter((ms) => ms !== null).slice(-3)
  if (last.length < 3 || Math.min(...last) <= 1e3 * limits.slow) return []
  return [problem('slow', `The p99 latency is ${Math.round(last[2] / 1e3)} s.`)]
}

const fellBack: Rule = ({ facts }) =>
  facts.models
    .filter(({ share, fallbacks }) => share === undefined && fallbacks.length > 0)
    .map(({ step, provider, fallbacks }) =>
      problem('provider-fell-back', `Step ${step} runs on ${provider}: ${fallbacks.join('; ')}`),
    )

/** What happened to the models of late; of each step, the newest of a kind. */
const modelNews: Rule = ({ time, facts }) => {
  const recent = facts.serving.history.filter((news) => news.time > time - limits.modelsFor)
  const told = recent.flatMap(({ step, what, version, text, time: at }) => {
    if (what === 'refused')
      return [problem(version === null ? 'registry' : 'model-refused', `Step ${step}: ${text}`, at)]
    return what === 'taken back' ? [problem('model-taken-back', `Step ${step}: ${text}`, at)] : []
  })
  const key = ({ what, text }: Problem): string => `${what} ${text.slice(0, text.indexOf(':'))}`
  return told.filter((one, index) => told.findIndex((other) => key(other) === key(one)) === index)
}

const drifts: Rule = ({ facts }) =>
  facts.serving.references.flatMap(({ step, features }) => {
    const far = features
      .filter(({ drift }) => drift.count >= LEAST_VALUES && drift.psi > limits.mostPsi)
      .sort((a, b) => b.drift.psi - a.drift.psi)
      .map(({ name, drift }) => `${name} (PSI ${Number(drift.psi.toPrecision(2))})`)
    if (far.length === 0) return []
    return [problem('drift', `Step ${step} is far from its training sample: ${named(far)}.`)]
  })

const RULES: readonly Rule[] = [
  stands,
  isPaused,
  fallsBehind,
  deadLetters,
  aborts,
  workersLost,
  slow,
  modelNews,
  drifts,
  fellBack,
]

const minutes = (seconds: number): string => `${seconds / 60} min`

/** The first few different names, and how many more there are. */
function named(all: readonly string[]): string {
  const names = [...new Set(all)]
  const more = names.length - MOST_NAMES
  return `${names.slice(0, MOST_NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
