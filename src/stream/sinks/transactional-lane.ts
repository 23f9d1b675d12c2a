import type { InputPosition, KafkaAdmin, KafkaRecord, LaneProducer } from '../kafka/port.js'
import type { Done, LaneId, LaneMark, LaneSink, LaneStart } from '../sink.js'
import { NO_MARK } from '../sink.js'
import type { Carrier } from './carrier.js'
import type { Carriers } from './carriers.js'
import { committedNote, type Note, writeNote } from './note.js'

export interface TransactionalLaneOptions {
  /** A producer under the lane's own transactional id. */
  readonly own: LaneProducer
  readonly carriers: Carriers
  readonly admin: KafkaAdmin
  readonly group: string
  /** Where the lane's offset is kept. */
  readonly offset: LaneId
  readonly records: (done: readonly Done[]) => readonly KafkaRecord[]
}

/**
 * Rows and offset of one lane in one transaction, together with those of the other lanes of the process.
 *
 * Each lane has a transactional id of its own, and each process one that its lanes share, the carrier. Opening a lane
 * shuts out who had it: (1) its own id is initialised; (2) the note beside its offset names the carrier that commits
 * for it, and that id is initialised too; (3) then the offset is final. The first transaction after that goes under the
 * lane's own id and notes the carrier of this process; every other one goes with the carrier. So a lane is never in a
 * carrier that its note does not name, and a name is noted only by who has the lane's own id: two processes that both
 * believe to have the lane cannot both commit for it, without help of the group's generations (KIP-447), which kafkajs
 * does not send with its offsets.
 */
export class TransactionalLane implements LaneSink {
  readonly #options: TransactionalLaneOptions
  #carrier: Carrier | null = null
  /** The note names the carrier. */
  #noted = false
  #join: () => void = () => {}
  readonly #invite = (): void => this.#join()

  constructor(options: TransactionalLaneOptions) {
    this.#options = options
  }

  onCompany(join: () => void): void {
    this.#join = join
  }

  async open(): Promise<LaneStart> {
    const { own, carriers, admin, group, offset } = this.#options
    this.#leave()
    await own.init()
    const { carrier } = (await committedNote(admin, group, offset)).note
    if (carrier !== '') await carriers.settle(carrier)
    const { next, note } = await committedNote(admin, group, offset)
    return { next, mark: note.mark }
  }

  commit(done: readonly Done[], next: bigint): Promise<void> {
    return this.#transact(this.#options.records(done), next, NO_MARK)
  }

  mark(next: bigint, mark: LaneMark): Promise<void> {
    return this.#transact([], next, mark)
  }

  async close(): Promise<void> {
    this.#leave()
    await this.#options.own.close()
  }

  async #transact(records: readonly KafkaRecord[], next: bigint, mark: LaneMark): Promise<void> {
    const { own, carriers, group } = this.#options
    this.#carrier ??= await carriers.board(this.#invite)
    const carrier = this.#carrier
    const position = this.#position(next, { mark, carrier: carrier.id })
    if (this.#noted) return carrier.commit({ records, position })
    await own.transact(records, { group, positions: [position] })
    // The carrier's first transaction of this lane must find this one ended.
    await own.init()
    this.#noted = true
    // It has done its work until the lane is opened again.
    void own.close()
  }

  #position(next: bigint, note: Note): InputPosition {
    const { topic, partition } = this.#options.offset
    return { topic, partition, next, metadata: writeNote(note) }
  }

  #leave(): void {
    if (this.#carrier !== null) this.#options.carriers.leave(this.#carrier, this.#invite)
    this.#carrier = null
    this.#noted = false
  }
}
