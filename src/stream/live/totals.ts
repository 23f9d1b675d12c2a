import type { Done } from '../sink.js'
import type { LettersView, LetterView, Totals } from './state.js'

const MOST_LETTERS = 50

/** What was committed since the start, and the newest dead letters. */
export class RunningTotals {
  readonly #counts = { events: 0, accepted: 0, messages: 0, bytes: 0, letters: 0 }
  readonly #chains = new Map<string, number>()
  readonly #codes = new Map<string, number>()
  #recent: readonly LetterView[] = []

  add(done: readonly Done[]): void {
    const time = Date.now() / 1e3
    for (const { message, outcome } of done) {
      this.#counts.events += outcome.rows
      this.#counts.accepted += outcome.acceptedRows
      this.#counts.messages++
      this.#counts.bytes += message.value?.length ?? 0
      this.#counts.letters += outcome.rejects.length
      for (const [chain, count] of Object.entries(outcome.chains))
        this.#chains.set(chain, (this.#chains.get(chain) ?? 0) + count)
      for (const { code } of outcome.rejects) this.#codes.set(code, (this.#codes.get(code) ?? 0) + 1)
      const letters = outcome.rejects.map(({ code, message: text, place }) => ({
        time,
        code,
        message: text,
        place,
      }))
      if (letters.length > 0) this.#recent = [...letters.reverse(), ...this.#recent].slice(0, MOST_LETTERS)
    }
  }

  get totals(): Totals {
    return { ...this.#counts, chains: Object.fromEntries(this.#chains) }
  }

  get letters(): LettersView {
    const byCode = [...this.#codes].map(([code, count]) => ({ code, count }))
    return { byCode: byCode.sort((a, b) => b.count - a.count), recent: this.#recent }
  }
}
