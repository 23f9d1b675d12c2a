/**
 * Where a run of messages came from. For files, `topic` is the path; offsets count the record batches of Arrow files and
 * the events of others, over all files in order.
 */
export interface Span {
  readonly topic: string
  readonly partition: number
  /** Offset of the first message. */
  readonly first: bigint
  /** Offset after the last one: what a commit says. */
  readonly next: bigint
}

/** Why a source could not read something. */
export interface Unread {
  readonly message: string
  readonly place: string
}

/** One message: a self-contained Arrow IPC stream of events, as it came. */
export interface Message {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly key: Uint8Array | null
  /** The original bytes; `null` for a tombstone. */
  readonly value: Uint8Array | null
  readonly headers: ReadonlyMap<string, Uint8Array>
  /** Set where the source could not read the bytes: the message is a dead letter without them. */
  readonly unread?: Unread
  /** Milliseconds since 1970 as the producer or broker stamped it; -1 when unknown. */
  readonly timestamp: number
}
