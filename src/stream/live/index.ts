import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { FastifyInstance } from 'fastify'
import { SpillwayError } from '../../errors.js'
import type { LoadedPipeline } from '../config/load.js'
import { isModelStep, isRegistryStep, type OutputConfig, type PipelineConfig } from '../config/schema.js'
import type { Announcement } from '../group/announcement.js'
import { GroupDesk } from '../group/desk.js'
import { Group } from '../group/group.js'
import { isGroupAction, type Order } from '../group/orders.js'
import { ActionRequest, type LiveAction } from './actions.js'
import { everywhere } from './everywhere.js'
import type { Facts } from './facts.js'
import { isLoopback } from './guard.js'
import { LiveHub } from './hub.js'
import type { LiveRecorder } from './recorder.js'
import { addLiveRoutes } from './routes.js'
import type { About, Tick } from './state.js'

const TICK_MS = 1_000

/** What the page asks about the engine once a second. */
type EngineFacts = Omit<Facts, 'group'>

/** Whether a pipeline serves the page: unasked only where no other machine reaches it. */
export const servesLivePage = ({ http }: PipelineConfig): boolean =>
  http !== undefined && (http.live ?? isLoopback(http.host))

/** Whether anybody wants to know, each second, how a process does: its page, or its group. */
export const isWatched = (config: PipelineConfig): boolean =>
  servesLivePage(config) || config.http?.group === true

/** Whether actions may be asked of every process of the group. */
const actsTogether = ({ http }: PipelineConfig): boolean =>
  http?.group === true && http.group_actions && http.token !== undefined

/** The live page of a process: remembers what the recorder heard, and tells the pages that watch and the group. */
export class LivePage {
  readonly #recorder: LiveRecorder
  readonly #hub = new LiveHub()
  readonly #config: PipelineConfig
  readonly #facts: () => EngineFacts
  readonly #actions: readonly LiveAction[]
  readonly #about: About
  #group: Group | null = null
  #timer: NodeJS.Timeout | undefined

  /**
   * @param recorder Listens to the engine since its start.
   * @param facts Asked once a second.
   * @param actions What a page with the token may do.
   */
  constructor(
    { config }: LoadedPipeline,
    recorder: LiveRecorder,
    facts: () => EngineFacts,
    actions: readonly LiveAction[],
  ) {
    this.#recorder = recorder
    this.#config = config
    this.#facts = facts
    this.#actions = actions
    this.#about = aboutOf(config, facts().workers, actions)
  }

  /** Begins to tick, and to look for its group. Close it then. */
  start(): void {
    const { name: pipeline, nats, http } = this.#config
    const notice = (text: string): void => this.#recorder.notice(text)
    if (http?.group === true && nats !== undefined)
      this.#group = Group.start({ pipeline, nats, notice, desk: this.#desk(notice) })
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  /** Adds the page, where it is served, to a server before it listens. */
  addTo(server: FastifyInstance): void {
    if (!servesLivePage(this.#config)) return
    const { host, token } = this.#config.http!
    addLiveRoutes(server, {
      hub: this.#hub,
      state: () => ({ about: this.#about, ...this.#recorder.view }),
      host,
      control: token === undefined ? null : { token, actions: this.#actions.map((one) => this.#shared(one)) },
      notice: (text) => this.#recorder.notice(text),
    })
  }

  #shared(action: LiveAction): LiveAction {
    return everywhere(action, () => (actsTogether(this.#config) ? this.#group : null))
  }

  /** Takes actions of the others, where the pipeline says so. */
  #desk(notice: (text: string) => void): GroupDesk | null {
    const { name: pipeline, http } = this.#config
    if (!actsTogether(this.#config)) return null
    const { process: id } = this.#about
    const run = async ({ action, step, version, dry_run }: Order): Promise<string> => {
      const found = this.#actions.find(({ name }) => name === action)
      if (found === undefined) throw new SpillwayError('ACTION_REFUSED', `there is no ${action} here`)
      return found.run(ActionRequest.parse({ step, version, dry_run }))
    }
    const self = { process: id, host: hostname().slice(0, 255), pid: process.pid }
    return new GroupDesk({ pipeline, token: http!.token!, self, run, notice })
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    // A last tick: what the pages keep showing is how it ended.
    this.#tick()
    await Promise.all([this.#hub.close(), this.#group?.close()])
  }

  #tick(): void {
    const tick = this.#recorder.tick({ ...this.#facts(), group: this.#group?.view ?? null })
    this.#group?.announce(announcementOf(this.#about.process, tick))
    this.#hub.send(tick)
  }
}

const MOST_MODELS = 16

function announcementOf(id: string, { point, now }: Tick): Announcement {
  const { problem, paused, startedAt, totals, lanes, models } = now
  return {
    process: id,
    host: hostname().slice(0, 255),
    pid: process.pid,
    startedAt,
    leaving: false,
    problem: problem?.slice(0, 300) ?? null,
    paused,
    rate: point['events'] ?? 0,
    events: totals.events,
    lag: point['lag'] ?? null,
    partitions: lanes.length,
    p99: point['latency.p99'] ?? null,
    letters: totals.letters,
    models: models
      .filter(({ share }) => share === undefined)
      .slice(0, MOST_MODELS)
      .map(({ step, name, version }) => ({ step, name, version })),
  }
}

function aboutOf(config: PipelineConfig, workers: number, actions: readonly LiveAction[]): About {
  const { name, description, source, sink, steps, http } = config
  const names = actions.map((action) => action.name)
  const menu = steps.find((step) => 'select' in step)?.select
  return {
    pipeline: name,
    description,
    process: randomUUID(),
    source: 'topic' in source ? `topic ${source.topic}` : `files ${[source.files].flat().join(', ')}`,
    scores: outputText(sink.scores),
    chains: Object.entries(menu?.chains ?? {}).map(([chain, { when, prescale }]) => ({
      name: chain,
      when,
      prescale,
    })),
    steps: steps.filter(isModelStep).map((step) => step.name),
    workers,
    actions: http?.token === undefined ? [] : names,
    groupActions: actsTogether(config) ? names.filter(isGroupAction) : [],
    following: steps.filter(isRegistryStep).map((step) => step.name),
  }
}

const outputText = (output: OutputConfig): string =>
  'topic' in output ? `topic ${output.topic}` : `folder ${output.files}`
