import { SpillwayError } from '../../errors.js'
import type { Deliveries } from './deliveries.js'
import { isHopeless, kafkaError, protocolName, silentBroker } from './errors-of.js'
import type { ConsumerOptions, GroupConsumer } from './port.js'

/** What a session tells its supervisor. After `close()` was called on it nothing of it is heard. */
export interface SessionEvents {
  /** The broker confirmed the membership. */
  contact(): void
  /** The first or a further assignment arrived. */
  joined(): void
  /** The session cannot go on; another one may. */
  lost(error: unknown): void
  /** The consumer cannot go on: what the handler threw, or an offset that is gone. */
  fail(error: unknown): void
}

/** One membership of the group, made by a client library. */
export interface Session {
  deliveries(): Deliveries | undefined
  commit(topic: string, partition: number, next: bigint, metadata?: string): Promise<void>
  /** Revokes what is assigned and leaves the group; never rejects, takes seconds at most. */
  close(): Promise<void>
}

export type FilledOptions = Required<ConsumerOptions> & {
  readonly rebalanceTimeoutMs: number
  /** A session that is silent for so long is replaced: longer than a rebalance can take. */
  readonly stallMs: number
}

export function defaultsOf(options: ConsumerOptions): FilledOptions {
  const sessionTimeoutMs = options.sessionTimeoutMs ?? 10_000
  // Members that still drain must be back before the group goes on without them.
  const rebalanceTimeoutMs = sessionTimeoutMs + 5_000
  return {
    from: 'earliest',
    maxWaitMs: 20,
    maxBytesPerPartition: 2 * 1024 * 1024,
    prefetchBytes: 4 * 1024 * 1024,
    unavailableMs: 120_000,
    metadataMaxAgeMs: 30_000,
    ...options,
    sessionTimeoutMs,
    heartbeatMs: Math.min(options.heartbeatMs ?? 1_000, Math.floor(sessionTimeoutMs / 3)),
    drainMs: Math.min(options.drainMs ?? 5_000, Math.floor(sessionTimeoutMs / 2)),
    rebalanceTimeoutMs,
    stallMs: rebalanceTimeoutMs + sessionTimeoutMs,
  }
}

// A restarting broker may not know its topics for a moment; a group that never joined has a wrong name.
const isUnknownTopic = (error: unknown) => protocolName(error) === 'UNKNOWN_TOPIC_OR_PARTITION'

/**
 * Keeps a group membership alive: opens a session, and another one when it is lost or silent for `stallMs`, until
 * `stop()`, a failure of the handler, or `unavailableMs` without contact.
 */
export function supervise(
  given: ConsumerOptions,
  brokers: readonly string[],
  open: (events: SessionEvents) => Session,
): GroupConsumer {
  const options = defaultsOf(given)
  let session: Session | undefined
  let opened = 0
  let contact = Date.now()
  let sessionStart = contact
  let ended = false
  /** The session is over too: until then, what is revoked can still be committed. */
  let closed = false
  let lastError: unknown
  let everJoined = false
  let timer: NodeJS.Timeout | undefined

  let settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void }
  const done = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject }
  })
  done.catch(() => undefined)
  let joined: () => void
  const firstJoin = new Promise<void>((resolve) => {
    joined = resolve
  })

  const end = async (error?: unknown): Promise<void> => {
    if (ended) return
    ended = true
    clearInterval(timer)
    await session?.close()
    closed = true
    if (error === undefined) settle.resolve()
    else settle.reject(error)
  }
  const fail = (error: unknown): void => {
    void end(kafkaError(error, 'SOURCE_UNAVAILABLE', 'The consumer failed', `group ${options.group}`))
  }
  const unavailable = (): SpillwayError => {
    const message = `No contact with group ${options.group} for ${Math.round((Date.now() - contact) / 1000)} s`
    return new SpillwayError('SOURCE_UNAVAILABLE', message, {
      place: silentBroker(lastError) ?? brokers.join(', '),
      cause: lastError,
    })
  }

  const start = (): void => {
    const number = ++opened
    const current = () => number === opened && !ended
    sessionStart = Date.now()
    session = open({
      contact: () => {
        if (current()) contact = Date.now()
      },
      joined: () => {
        everJoined = true
        joined()
      },
      lost: (error) => {
        lastError = error
        if (current()) void replace(number)
      },
      fail: (error) => {
        if (current()) fail(error)
      },
    })
  }
  const replace = async (number: number): Promise<void> => {
    const old = session
    opened++
    if (isHopeless(lastError) || (!everJoined && isUnknownTopic(lastError))) return fail(lastError)
    await old?.close()
    const pause = Math.max(0, 500 - (Date.now() - sessionStart))
    await new Promise((resolve) => setTimeout(resolve, pause))
    if (!ended && opened === number + 1) start()
  }
  const watch = (): void => {
    const silent = Date.now() - contact
    if (silent > options.unavailableMs) fail(unavailable())
    else if (silent > options.stallMs && Date.now() - sessionStart > options.stallMs) void replace(opened)
  }

  return {
    async start() {
      contact = Date.now()
      timer = setInterval(watch, 250)
      start()
      await Promise.race([firstJoin, done])
    },
    done,
    seek: (topic, partition, offset) => session?.deliveries()?.seek(topic, partition, offset),
    pause: (partitions) => session?.deliveries()?.hold(partitions, true),
    resume: (partitions) => session?.deliveries()?.hold(partitions, false),
    progress: () => session?.deliveries()?.progress() ?? [],
    silenceMs: () => Date.now() - contact,
    async commit(topic, partition, next, metadata) {
      if (session === undefined || closed) throw unavailable()
      await session.commit(topic, partition, next, metadata)
    },
    stop: () => end(),
  }
}
