import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { LoadedPipeline } from '../config/load.js'
import { isModelStep, type OutputConfig, type PipelineConfig } from '../config/schema.js'
import type { LiveAction } from './actions.js'
import { isLoopback } from './guard.js'
import { LiveHub } from './hub.js'
import type { Facts, LiveRecorder } from './recorder.js'
import { addLiveRoutes } from './routes.js'
import type { About } from './state.js'

const TICK_MS = 1_000

/** Whether a pipeline serves the page: unasked only where no other machine reaches it. */
export const servesLivePage = ({ http }: PipelineConfig): boolean =>
  http !== undefined && (http.live ?? isLoopback(http.host))

/** The live page of a process: remembers what the recorder heard, and tells the pages that watch. */
export class LivePage {
  readonly #recorder: LiveRecorder
  readonly #hub = new LiveHub()
  readonly #config: PipelineConfig
  readonly #facts: () => Facts
  readonly #actions: readonly LiveAction[]
  readonly #about: About
  #timer: NodeJS.Timeout | undefined

  /**
   * @param recorder Listens to the engine since its start.
   * @param facts Asked once a second.
   * @param actions What a page with the token may do.
   */
  constructor(
    { config }: LoadedPipeline,
    recorder: LiveRecorder,
    facts: () => Facts,
    actions: readonly LiveAction[],
  ) {
    this.#recorder = recorder
    this.#config = config
    this.#facts = facts
    this.#actions = actions
    this.#about = aboutOf(config, facts().workers, actions)
  }

  /** Begins to tick. Close it then. */
  start(): void {
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  /** Adds the page to a server, before it listens. */
  addTo(server: FastifyInstance): void {
    const { host, token } = this.#config.http!
    addLiveRoutes(server, {
      hub: this.#hub,
      state: () => ({ about: this.#about, ...this.#recorder.view }),
      host,
      control: token === undefined ? null : { token, actions: this.#actions },
      notice: (text) => this.#recorder.notice(text),
    })
  }

  close(): Promise<void> {
    clearInterval(this.#timer)
    // A last tick: what the pages keep showing is how it ended.
    this.#tick()
    return this.#hub.close()
  }

  #tick(): void {
    this.#hub.send(this.#recorder.tick(this.#facts()))
  }
}

function aboutOf(config: PipelineConfig, workers: number, actions: readonly LiveAction[]): About {
  const { name, description, source, sink, steps, http } = config
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
    actions: http?.token === undefined ? [] : actions.map((action) => action.name),
  }
}

const outputText = (output: OutputConfig): string =>
  'topic' in output ? `topic ${output.topic}` : `folder ${output.files}`
