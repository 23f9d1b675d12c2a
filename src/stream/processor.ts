import { performance } from 'node:perf_hooks'
import { crc32 } from 'node:zlib'
import { asSpillwayError, SpillwayError } from '../errors.js'
import { type DecodeLimits, decodeMessage, encodeSubset, SchemaMemory } from '../ingest/arrow/index.js'
import type { Column, Events } from '../ingest/columns.js'
import type { Fault } from '../models/operator.js'
import type { NativeCall } from '../models/scorer.js'
import type { PipelineConfig } from './config/schema.js'
import { monotonicMs } from './monotonic.js'
import type { Subset } from './outcome.js'
import { LineUpTable, type PreparedLineUp } from './prepared.js'
import { type BoundSteps, lineUpOfPaths } from './steps.js'
import type { LineUpOffer, LiveModel, Reject, StepCost, Task, TaskCost, TaskReply, WorkItem } from './work.js'

/** Rows of one message that may fail before the whole message is rejected. */
const MAX_BAD_ROWS = 256
/** Schemas remembered; a stream of ever new ones must not grow without bound. */
const SCHEMAS = 64

/** A message while it is worked on. */
interface Piece {
  readonly item: WorkItem
  /** The message, or a part cut out of it. */
  readonly bytes: Uint8Array
  readonly events: Events
  readonly bound: BoundSteps
}

interface Scored {
  readonly piece: Piece
  readonly events: Events
  readonly faults: readonly Fault[]
}

/**
 * What a worker does with a task: decode, run the steps over all messages at once, encode. A message or event that
 * fails becomes a reject and the rest goes on: first the messages are tried one by one, then the message is bisected.
 */
export class Processor {
  readonly #limits: DecodeLimits
  readonly #schemas = new SchemaMemory(SCHEMAS)
  readonly #lineUps: LineUpTable
  /** That of the task in progress. */
  #lineUp!: PreparedLineUp
  #steps: StepCost[] = []

  private constructor(config: PipelineConfig, native?: NativeCall) {
    const { message_bytes, message_rows, inflate_ratio } = config.limits
    this.#limits = { maxBytes: message_bytes, maxRows: message_rows, maxRatio: inflate_ratio }
    const subset: Subset = (bytes, rows, extra) => this.#subset(bytes, rows, extra)
    this.#lineUps = new LineUpTable(config, subset, native)
  }

  /** @param offers Line-ups to begin with; when absent, one of the models that the pipeline names by path. */
  static async create(
    config: PipelineConfig,
    folder: string,
    native?: NativeCall,
    offers: readonly LineUpOffer[] = [lineUpOfPaths(config, folder)],
  ): Promise<Processor> {
    const processor = new Processor(config, native)
    for (const offer of offers) await processor.prepare(offer)
    return processor
  }

  /** Models of the newest line-up. */
  get models(): readonly LiveModel[] {
    return this.#lineUps.newest.models
  }

  /** Makes another line-up ready, beside those that serve. @throws SpillwayError why it cannot be. */
  prepare(offer: LineUpOffer): Promise<readonly LiveModel[]> {
    return this.#lineUps.prepare(offer)
  }

  /** Forgets a line-up and frees the models that no other has. */
  drop(lineUp: number): Promise<void> {
    return this.#lineUps.drop(lineUp)
  }

  async process({ id, items, lineUp = 0 }: Task): Promise<TaskReply> {
    this.#lineUp = this.#lineUps.get(lineUp)
    this.#steps = []
    const startedAt = monotonicMs()
    const start = performance.now()
    const rejects: Reject[][] = items.map(() => [])
    const pieces = items.map((item, index) => this.#decode(item, rejects[index]))
    const decoded = performance.now()
    const results = await this.#scoreAll(pieces, rejects)
    const scored = performance.now()
    const outcomes = results.map((result, index) => this.#lineUp.outcomes.encode(result, rejects[index]))
    const cost: TaskCost = {
      startedAt,
      endedAt: monotonicMs(),
      decodeSeconds: (decoded - start) / 1e3,
      encodeSeconds: (performance.now() - scored) / 1e3,
      steps: this.#steps,
    }
    return { id, outcomes, cost, lineUp }
  }

  #decode(item: WorkItem, rejects: Reject[]): Piece | null {
    try {
      if (item.crc32 !== null && crc32(item.value) !== item.crc32) {
        throw new SpillwayError('MESSAGE_CORRUPT', 'the bytes do not match their crc32 header')
      }
      const events = decodeMessage(item.value, this.#limits, this.#schemas)
      return { item, bytes: item.value, events, bound: this.#lineUp.bind(events.schema) }
    } catch (cause) {
      const error = asSpillwayError(cause, 'MESSAGE_UNDECODABLE')
      const where = error.place === undefined ? '' : `, ${error.place}`
      rejects.push({
        code: rejectCode(error),
        message: error.message,
        place: item.place + where,
        row: null,
        value: null,
      })
      return null
    }
  }

  /** Scores all messages, those of one schema together. */
  async #scoreAll(pieces: readonly (Piece | null)[], rejects: Reject[][]): Promise<(Scored | null)[]> {
    const results: (Scored | null)[] = pieces.map(() => null)
    const groups = new Map<BoundSteps, number[]>()
    pieces.forEach((piece, index) => {
      if (piece !== null) groups.set(piece.bound, [...(groups.get(piece.bound) ?? []), index])
    })
    for (const indices of groups.values()) {
      const group = indices.map((index) => pieces[index]!)
      let scored: readonly (Scored | undefined)[]
      try {
        scored = await this.#run(group)
      } catch {
        scored = group.map(() => undefined)
      }
      for (let k = 0; k < indices.length; k++) {
        const whole = scored[k]
        results[indices[k]] =
          whole !== undefined && whole.faults.length === 0
            ? whole
            : await this.#salvage(group[k], whole?.faults ?? null, rejects[indices[k]])
      }
    }
    return results
  }

  /** Runs the steps over messages of one schema. Throws what a step throws. */
  async #run(group: readonly Piece[]): Promise<Scored[]> {
    let parts: readonly Events[] = group.map(({ events }) => events)
    const faults: Fault[][] = group.map(() => [])
    for (const operator of group[0].bound.operators) {
      const applied = await operator.apply(parts)
      parts = applied.parts
      for (const fault of applied.faults) faults[fault.part].push(fault)
      if (applied.cost !== undefined)
        this.#steps.push({ step: operator.name, ...applied.cost, reports: applied.reports })
    }
    return group.map((piece, index) => ({ piece, events: parts[index], faults: faults[index] }))
  }

  /** Scores what can be scored of one message: bad events are cut out and rejected, the others scored without them. */
  async #salvage(piece: Piece, known: readonly Fault[] | null, rejects: Reject[]): Promise<Scored | null> {
    const bad = new Map<number, Pick<Reject, 'code' | 'message'>>()
    for (const { row, code, message } of known ?? []) bad.set(row, { code, message })
    try {
      for (;;) {
        if (bad.size > MAX_BAD_ROWS) throw tooManyBad(bad)
        const good = remaining(piece.events.rows, bad)
        if (good.length === 0) break
        const cut = bad.size === 0 ? piece : this.#cut(piece, good)
        const before = bad.size
        await this.#findBad(cut, good, bad)
        if (bad.size > before) continue
        const [scored] = await this.#run([cut])
        rejects.push(...this.#rejectRows(piece, bad))
        return scored
      }
      rejects.push(...this.#rejectRows(piece, bad))
    } catch (cause) {
      const error = asSpillwayError(cause, 'EVENT_FAILED')
      rejects.push({
        code: rejectCode(error),
        message: error.message,
        place: piece.item.place,
        row: null,
        value: null,
      })
    }
    return null
  }

  /** Bisects: adds the rows of `piece` that fail to `bad`, by their row in the whole message. */
  async #findBad(
    piece: Piece,
    rows: Int32Array,
    bad: Map<number, Pick<Reject, 'code' | 'message'>>,
  ): Promise<void> {
    try {
      const [{ faults }] = await this.#run([piece])
      for (const { row, code, message } of faults) bad.set(rows[row], { code, message })
    } catch (cause) {
      if (rows.length === 1) {
        const error = asSpillwayError(cause, 'EVENT_FAILED')
        bad.set(rows[0], { code: 'EVENT_FAILED', message: error.message })
        return
      }
      if (bad.size > MAX_BAD_ROWS) return
      const middle = rows.length >> 1
      const local = Int32Array.from(rows, (_row, index) => index)
      await this.#findBad(this.#cut(piece, local.subarray(0, middle)), rows.subarray(0, middle), bad)
      await this.#findBad(this.#cut(piece, local.subarray(middle)), rows.subarray(middle), bad)
    }
  }

  /** The same message with only these rows. */
  #cut(piece: Piece, rows: Int32Array): Piece {
    const bytes = this.#subset(piece.bytes, rows)
    const events = decodeMessage(bytes, { ...this.#limits, maxBytes: Number.MAX_SAFE_INTEGER }, this.#schemas)
    return { item: piece.item, bytes, events, bound: this.#lineUp.bind(events.schema) }
  }

  #subset(bytes: Uint8Array, rows: Int32Array, extra?: ReadonlyMap<string, Column>): Uint8Array {
    return encodeSubset(bytes, rows, extra, { limits: this.#limits, schemas: this.#schemas })
  }

  #rejectRows({ item, bytes }: Piece, bad: ReadonlyMap<number, Pick<Reject, 'code' | 'message'>>): Reject[] {
    return [...bad].map(([row, why]) => ({
      ...why,
      place: item.place,
      row,
      value: this.#subset(bytes, Int32Array.of(row)),
    }))
  }
}

function tooManyBad(bad: ReadonlyMap<number, { readonly message: string }>): SpillwayError {
  const [[row, { message }]] = bad
  return new SpillwayError('EVENT_FAILED', `more than ${MAX_BAD_ROWS} events fail; event ${row}: ${message}`)
}

/** What a whole message is rejected for: columns that do not fit are the message's fault, not the pipeline's. */
function rejectCode(error: SpillwayError): Reject['code'] {
  if (['COLUMN_MISSING', 'COLUMN_TYPE', 'COLUMN_UNIT', 'EXPRESSION_INVALID'].includes(error.code))
    return 'SCHEMA_MISMATCH'
  return error.decision === 'dead-letter' ? error.code : 'EVENT_FAILED'
}

function remaining(rows: number, bad: ReadonlyMap<number, unknown>): Int32Array {
  return Int32Array.from({ length: rows }, (_, row) => row).filter((row) => !bad.has(row))
}
