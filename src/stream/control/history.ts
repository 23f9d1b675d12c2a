/** What happened to the model of a step. */
export interface ModelNews {
  /** Seconds since 1970. */
  readonly time: number
  readonly step: string
  readonly what: 'start' | 'trial' | 'live' | 'refused' | 'taken back'
  /** `null`: the registry itself. */
  readonly version: number | null
  /** For people. */
  readonly text: string
}

const MOST = 50

/** The newest things that happened to the models of a pipeline. */
export class ModelHistory {
  #news: readonly ModelNews[] = []

  add(step: string, what: ModelNews['what'], version: number | null, text: string): void {
    this.#news = [{ time: Date.now() / 1e3, step, what, version, text }, ...this.#news].slice(0, MOST)
  }

  /** Newest first. */
  get news(): readonly ModelNews[] {
    return this.#news
  }
}
