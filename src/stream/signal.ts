/** Something changed, look again: waiters re-check their own condition. */
export class Signal {
  #waiters: (() => void)[] = []

  /** Resolves at the next `fire`, or after `ms` milliseconds if given. */
  wait(ms?: number): Promise<void> {
    return new Promise((resolve) => {
      if (ms === undefined) {
        this.#waiters.push(resolve)
        return
      }
      const timer = setTimeout(resolve, ms)
      this.#waiters.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  fire(): void {
    if (this.#waiters.length === 0) return
    const waiters = this.#waiters
    this.#waiters = []
    for (const resolve of waiters) resolve()
  }
}
