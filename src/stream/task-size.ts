import type { TaskCost } from './work.js'

export interface TaskLimits {
  /** Most rows given to a worker at once (estimated from bytes until the worker has counted them). */
  readonly rows: number
  /** Most bytes of messages given to a worker at once. */
  readonly bytes: number
  /** Longest that a worker should have to do, judged by what earlier tasks took; a message is never cut. */
  readonly seconds: number
}

/** How much of an estimate is taken from the newest task. */
const SHARE = 0.2

/**
 * How many bytes of messages make a task, by what earlier tasks told of rows and seconds. With a fast model the rows
 * limit; with a slow one the seconds, so that the workers have about equal shares of what there is, and what comes in
 * waits for no long task.
 */
export class TaskSize {
  readonly #limits: TaskLimits
  #bytesPerRow = 200
  #secondsPerByte = 0

  constructor(limits: TaskLimits) {
    this.#limits = limits
  }

  /** Whether so many bytes are too many. */
  exceeded(bytes: number): boolean {
    const { limits, rows, seconds } = this.#of(bytes)
    return bytes > limits.bytes || rows > limits.rows || seconds > limits.seconds
  }

  /** Which limit so many bytes reach. */
  reached(bytes: number): keyof TaskLimits | undefined {
    const { limits, rows, seconds } = this.#of(bytes)
    if (bytes >= limits.bytes) return 'bytes'
    if (rows >= limits.rows) return 'rows'
    return seconds >= limits.seconds ? 'seconds' : undefined
  }

  /** What a task of so many bytes held and took. */
  learn(bytes: number, rows: number, cost: TaskCost): void {
    if (rows === 0) return
    this.#bytesPerRow += SHARE * (bytes / rows - this.#bytesPerRow)
    this.#secondsPerByte += SHARE * (secondsOf(cost) / bytes - this.#secondsPerByte)
  }

  #of(bytes: number) {
    return { limits: this.#limits, rows: bytes / this.#bytesPerRow, seconds: bytes * this.#secondsPerByte }
  }
}

const secondsOf = ({ decodeSeconds, encodeSeconds, steps }: TaskCost): number =>
  steps.reduce((sum, step) => sum + step.buildSeconds + step.inferSeconds, decodeSeconds + encodeSeconds)
