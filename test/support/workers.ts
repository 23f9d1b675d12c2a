import type { Workers } from '#spillway/stream/gatherer.js'
import { type Lost, WorkerLost } from '#spillway/stream/pool.js'
import type { Outcome, TaskReply, WorkItem } from '#spillway/stream/work.js'

/** An outcome of one row that shows the message's bytes as its scores. */
export const scored = (item: WorkItem): Outcome => ({
  rows: 1,
  scores: item.value,
  accepted: null,
  acceptedRows: 0,
  chains: {},
  decisions: [],
  rejects: [],
})

/** What happens to a task of messages at these places. */
export type Script = (places: readonly string[]) => Promise<'ok' | Lost | Error> | 'ok' | Lost | Error

/** Workers without threads: each task is answered as the script says, later, in any order. */
export class ScriptedWorkers implements Workers {
  readonly tasks: string[][] = []
  /** The line-up of each task. */
  readonly lineUps: (number | undefined)[] = []
  readonly #script: Script
  readonly #slots: number
  readonly #outcome: (item: WorkItem) => Outcome
  busy = 0
  /** Most tasks that were under way at once. */
  peak = 0
  onRoom: () => void = () => {}

  constructor(script: Script = () => 'ok', slots = 2, outcome = scored) {
    this.#script = script
    this.#slots = slots
    this.#outcome = outcome
  }

  get room(): number {
    return this.#slots - this.busy
  }

  get idle(): boolean {
    return this.busy === 0
  }

  async run(items: readonly WorkItem[], lineUp?: number): Promise<TaskReply> {
    if (this.room <= 0) throw new Error('run() without room')
    this.busy++
    this.peak = Math.max(this.peak, this.busy)
    const places = items.map(({ place }) => place)
    this.tasks.push(places)
    this.lineUps.push(lineUp)
    const end = await this.#script(places)
    await new Promise((resolve) => setImmediate(resolve))
    this.busy--
    setImmediate(() => this.onRoom())
    if (end instanceof Error) throw end
    if (end !== 'ok') throw new WorkerLost(end, true)
    return {
      id: this.tasks.length,
      outcomes: items.map(this.#outcome),
      cost: { startedAt: 0, endedAt: 0, decodeSeconds: 0, encodeSeconds: 0, steps: [] },
    }
  }
}
