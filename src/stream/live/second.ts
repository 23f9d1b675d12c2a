import type { Done } from '../sink.js'
import type { TaskReply } from '../work.js'
import type { Point } from './history.js'

/** How full a step's inference calls may be: items, and padded entries for ragged inputs. */
export interface FullCall {
  readonly rows: number
  readonly tokens: number
}

/** Latencies kept of one second; enough for its p99. */
const MOST_LATENCIES = 4_096

/** Sums over about one second, from which a point of the history is made. */
export class Second {
  readonly #full: ReadonlyMap<string, FullCall>
  readonly #started = performance.now()
  readonly #sums = new Map<string, number>()
  readonly #latencies: number[] = []
  #messages = 0

  constructor(full: ReadonlyMap<string, FullCall>) {
    this.#full = full
  }

  task({ cost }: TaskReply, waits: readonly number[]): void {
    this.#add('tasks', 1)
    for (const wait of waits) this.#mean('queue', wait)
    this.#mean('decode', cost.decodeSeconds)
    this.#mean('encode', cost.encodeSeconds)
    const seconds = { build: 0, infer: 0 }
    for (const { step, buildSeconds, inferSeconds, calls, entries, paddedEntries } of cost.steps) {
      seconds.build += buildSeconds
      seconds.infer += inferSeconds
      this.#add(`calls.${step}`, calls.length)
      this.#add(
        `items.${step}`,
        calls.reduce((sum, rows) => sum + rows, 0),
      )
      this.#add(`entries.${step}`, entries)
      this.#add(`padded.${step}`, paddedEntries)
    }
    this.#mean('build', seconds.build)
    this.#mean('infer', seconds.infer)
    this.#add('busy', cost.decodeSeconds + cost.encodeSeconds + seconds.build + seconds.infer)
  }

  committed(done: readonly Done[], seconds: number): void {
    const now = Date.now()
    this.#mean('commit', seconds)
    for (const { message, outcome } of done) {
      this.#add('events', outcome.rows)
      this.#add('accepted', outcome.acceptedRows)
      this.#add('letters', outcome.rejects.length)
      for (const [chain, count] of Object.entries(outcome.chains)) this.#add(`chain.${chain}`, count)
      if (message.timestamp >= 0) this.#latency(Math.max(0, now - message.timestamp))
    }
  }

  aborted(): void {
    this.#add('aborts', 1)
  }

  /** @param chains Names of chains: 0, not nothing, where none passed. */
  point(workers: number, chains: readonly string[]): Point {
    const elapsed = Math.max(0.001, (performance.now() - this.#started) / 1e3)
    const rate = (name: string): number => this.#sum(name) / elapsed
    const sorted = Float64Array.from(this.#latencies).sort()
    const quantile = (q: number): number | null =>
      sorted.length === 0 ? null : sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]
    const stages = ['queue', 'decode', 'build', 'infer', 'encode', 'commit']
    return {
      events: rate('events'),
      accepted: rate('accepted'),
      letters: rate('letters'),
      aborts: rate('aborts'),
      ...Object.fromEntries(chains.map((chain) => [`chain.${chain}`, rate(`chain.${chain}`)])),
      'latency.p50': quantile(0.5),
      'latency.p95': quantile(0.95),
      'latency.p99': quantile(0.99),
      ...Object.fromEntries(stages.map((stage) => [`stage.${stage}`, this.#milliseconds(stage)])),
      busy: Math.min(1, rate('busy') / workers),
      ...Object.fromEntries([...this.#full].flatMap(([step, full]) => this.#batching(step, full))),
    }
  }

  #batching(step: string, { rows, tokens }: FullCall): [string, number | null][] {
    const calls = this.#sum(`calls.${step}`)
    const padded = this.#sum(`padded.${step}`)
    const fill = Math.max(this.#sum(`items.${step}`) / rows, padded / tokens) / calls
    return [
      [`fill.${step}`, calls === 0 ? null : Math.min(1, fill)],
      [`padding.${step}`, padded === 0 ? null : 1 - this.#sum(`entries.${step}`) / padded],
    ]
  }

  #milliseconds(stage: string): number | null {
    const count = this.#sum(`count.${stage}`)
    return count === 0 ? null : (1e3 * this.#sum(`seconds.${stage}`)) / count
  }

  #mean(stage: string, seconds: number): void {
    this.#add(`count.${stage}`, 1)
    this.#add(`seconds.${stage}`, seconds)
  }

  #add(name: string, amount: number): void {
    this.#sums.set(name, this.#sum(name) + amount)
  }

  #sum(name: string): number {
    return this.#sums.get(name) ?? 0
  }

  /** Of more than can be kept, a random part (reservoir sampling, Vitter's algorithm R). */
  #latency(ms: number): void {
    const index = this.#messages++
    const at = index < MOST_LATENCIES ? index : Math.floor(Math.random() * (index + 1))
    if (at < MOST_LATENCIES) this.#latencies[at] = ms
  }
}
