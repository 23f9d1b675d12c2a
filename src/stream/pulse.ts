/**
 * What a worker is doing, readable while its thread is busy or dead: a 32-bit slot shared with the main thread.
 * The worker writes the task it is on; the main thread notes when it first saw it, and measures from there.
 */
export class Pulse {
  readonly shared: SharedArrayBuffer
  readonly #slots: Int32Array

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.shared = shared
    this.#slots = new Int32Array(shared)
  }

  /** Task in progress, 0 when idle. Task ids start at 1. */
  get task(): number {
    return Atomics.load(this.#slots, 0)
  }

  begin(task: number): void {
    Atomics.store(this.#slots, 0, task)
  }

  end(): void {
    Atomics.store(this.#slots, 0, 0)
  }
}
