import { setTimeout as sleep } from 'node:timers/promises'
import { Events, type NatsConnection } from 'nats'
import { connectNats } from '../../models/nats.js'
import type { PipelineConfig } from '../config/schema.js'
import { type Announcement, announcementBytes, readAnnouncement } from './announcement.js'
import type { Asked, GroupDesk } from './desk.js'
import type { Answer } from './orders.js'
import { type GroupProcess, Peers } from './peers.js'

/** The processes of a pipeline, as one of them knows them. */
export interface GroupView {
  /** Whether NATS answers: without it only this process is known, and what was heard grows old. */
  readonly connected: boolean
  /** Since when [seconds since 1970]. */
  readonly since: number
  /** This process first. */
  readonly processes: readonly GroupProcess[]
  /** Whether there are more than are shown. */
  readonly more: boolean
}

export interface GroupOptions {
  readonly pipeline: string
  readonly nats: NonNullable<PipelineConfig['nats']>
  /** Carries actions; `null`: none are taken, nor asked of others. */
  readonly desk: GroupDesk | null
  /** Told when NATS goes away and when it is back. */
  readonly notice: (text: string) => void
}

const RETRY_MS = 2_000
const GOODBYE_MS = 500
/** Announcements that are read in a second; a flood costs no more than that. */
const MOST_A_SECOND = 256

/**
 * Finds the other processes of a pipeline over NATS: each tells of itself once a second and hears the others. Nothing
 * hangs on it: a server that is away, at the start or later, is said once and tried again.
 */
export class Group {
  readonly #options: GroupOptions
  readonly #subject: string
  readonly #peers = new Peers()
  readonly #closing = new AbortController()
  readonly #done: Promise<void>
  #connection: NatsConnection | null = null
  #self: Announcement | null = null
  #connected = false
  #since = Date.now() / 1e3
  #told = false
  #read = 0

  private constructor(options: GroupOptions) {
    this.#options = options
    this.#subject = `spillway.${options.pipeline}.processes`
    this.#done = this.#stayConnected()
  }

  /** Begins to look for a server. Close it. */
  static start(options: GroupOptions): Group {
    return new Group(options)
  }

  /** Tells the others of this process; call it once a second. */
  announce(self: Announcement): void {
    this.#self = self
    this.#read = 0
    if (this.#connected) this.#connection?.publish(this.#subject, announcementBytes(self))
  }

  /** Asks the others to act. @param expected Processes to wait for. */
  async ask(asked: Asked, expected: readonly string[]): Promise<readonly Answer[]> {
    return (await this.#options.desk?.ask(asked, expected)) ?? []
  }

  get view(): GroupView {
    const now = Date.now()
    const own = this.#self === null ? [] : [{ ...this.#self, self: true, silent: 0 }]
    return {
      connected: this.#connected,
      since: this.#since,
      processes: [...own, ...this.#peers.view(now)],
      more: this.#peers.full(now),
    }
  }

  /** Says goodbye, so that the others need not wait for silence. */
  async close(): Promise<void> {
    this.#closing.abort()
    const connection = this.#connection
    if (connection !== null && this.#connected && this.#self !== null) {
      connection.publish(this.#subject, announcementBytes({ ...this.#self, leaving: true }))
      await Promise.race([connection.flush().catch(() => {}), sleep(GOODBYE_MS, undefined, { ref: false })])
    }
    await connection?.close()
    await Promise.race([this.#done, sleep(GOODBYE_MS, undefined, { ref: false })])
  }

  async #stayConnected(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      try {
        await this.#talk()
      } catch (error) {
        this.#say(false, error instanceof Error ? error.message : String(error))
      }
      await sleep(RETRY_MS, undefined, { signal }).catch(() => {})
    }
  }

  /** One connection, which the client itself renews, until it ends for good. */
  async #talk(): Promise<void> {
    const { pipeline, nats } = this.#options
    const own = { noEcho: true, timeout: RETRY_MS }
    const connection = await connectNats(nats, `spillway-${pipeline}-group`, own)
    if (this.#closing.signal.aborted) return connection.close()
    this.#connection = connection
    connection.subscribe(this.#subject, {
      callback: (error, { data }) => {
        if (error === null) this.#hear(data)
        else this.#say(false, error.message)
      },
    })
    this.#options.desk?.listen(connection)
    this.#say(true)
    void this.#followStatus(connection)
    const ended = await connection.closed()
    this.#connection = null
    if (!this.#closing.signal.aborted) this.#say(false, ended instanceof Error ? ended.message : 'closed')
  }

  async #followStatus(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === Events.Disconnect) this.#say(false, 'the connection is lost')
      if (type === Events.Reconnect) this.#say(true)
    }
  }

  #hear(data: Uint8Array): void {
    if (this.#read++ >= MOST_A_SECOND) return
    try {
      const announcement = readAnnouncement(data)
      if (announcement.process !== this.#self?.process) this.#peers.hear(announcement, Date.now())
    } catch {
      // Anybody may write to a subject: what is no announcement is nobody's.
    }
  }

  /** One notice for each turn, however often it is tried again. */
  #say(connected: boolean, why = ''): void {
    if (this.#told && connected === this.#connected) return
    if (this.#closing.signal.aborted) return
    const first = !this.#told
    this.#told = true
    this.#connected = connected
    this.#since = Date.now() / 1e3
    if (!connected) this.#options.notice(`group: no NATS: ${why}; trying again`)
    else if (!first) this.#options.notice('group: NATS is back')
  }
}
