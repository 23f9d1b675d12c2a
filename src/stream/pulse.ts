const TASK = 0
const NATIVE = 1
const LEAVE = 2

/**
 * What a worker is doing, readable while its thread is busy or dead: 32-bit slots shared with the main thread. The
 * worker writes the task it is on and whether it is inside native code; the main thread notes when it first saw the
 * task and measures from there, and may ask the worker to leave.
 *
 * A thread that is ended inside ONNX Runtime takes the whole process with it when the call returns (the binding cannot
 * throw into a thread that is gone). So a worker inside native code is asked to leave, and ends itself after the call.
 */
export class Pulse {
  readonly shared: SharedArrayBuffer
  readonly #slots: Int32Array

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(12)) {
    this.shared = shared
    this.#slots = new Int32Array(shared)
  }

  /** Task in progress, 0 when idle. Task ids start at 1. */
  get task(): number {
    return Atomics.load(this.#slots, TASK)
  }

  begin(task: number): void {
    Atomics.store(this.#slots, TASK, task)
  }

  end(): void {
    Atomics.store(this.#slots, TASK, 0)
  }

  /** The thread is inside native code and must not be ended from outside. */
  get native(): boolean {
    return Atomics.load(this.#slots, NATIVE) === 1
  }

  set native(inside: boolean) {
    Atomics.store(this.#slots, NATIVE, inside ? 1 : 0)
  }

  /** The worker is to end itself as soon as it can. */
  get leaving(): boolean {
    return Atomics.load(this.#slots, LEAVE) === 1
  }

  leave(): void {
    Atomics.store(this.#slots, LEAVE, 1)
  }
}
