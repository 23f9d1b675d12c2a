interface Closing {
  close(): Promise<void>
}

/** What was made and is not closed yet: a client of a group that changes often makes, and closes, many producers. */
export class StillOpen<All extends Closing> {
  readonly #items = new Set<All>()

  /** Remembers `item` until it is closed. */
  keep<One extends All>(item: One): One {
    const { close } = item
    this.#items.add(item)
    item.close = () => close.call(item).finally(() => this.#items.delete(item))
    return item
  }

  async close(): Promise<void> {
    await Promise.all([...this.#items].map((item) => item.close()))
  }
}
