import { EncoderMemory, encodeColumns } from '../ingest/arrow/index.js'
import type { Column, Events } from '../ingest/columns.js'
import type { PipelineConfig } from './config/schema.js'
import { countCutFlows } from './cutflow/counts.js'
import type { BoundSteps } from './steps.js'
import type { Decision, LiveModel, Outcome, Reject } from './work.js'

/** A message whose events went through all steps. */
export interface Finished {
  /** The message, or what is left of it, as it came, and the steps for its schema. */
  readonly piece: { readonly bytes: Uint8Array; readonly bound: BoundSteps }
  /** Its events with the columns that the steps added. */
  readonly events: Events
}

/** The given rows of a message, with columns added or replaced, as a message. */
export type Subset = (bytes: Uint8Array, rows: Int32Array, extra?: ReadonlyMap<string, Column>) => Uint8Array

/** Turns scored messages into what is committed of them: scores, accepted events, decisions and counts. */
export class OutcomeEncoder {
  readonly #config: PipelineConfig
  readonly #subset: Subset
  readonly #metadata: ReadonlyMap<string, string>
  readonly #encoder = new EncoderMemory()

  constructor(config: PipelineConfig, models: readonly LiveModel[], subset: Subset) {
    this.#config = config
    this.#subset = subset
    this.#metadata = new Map([
      ['spillway.pipeline', config.name],
      ['spillway.models', JSON.stringify(models)],
      ['spillway.reproducible', String(config.reproducible)],
    ])
  }

  /** `null`, or a message of which no event is left, gives only its rejects. */
  encode(scored: Finished | null, rejects: readonly Reject[]): Outcome {
    if (scored === null || scored.events.rows === 0) return { ...NOTHING, rejects }
    const { events, piece } = scored
    const paths = [...this.#config.sink.columns, ...piece.bound.produces.map(({ path }) => path)]
    const columns = new Map<string, Column>(paths.map((path) => [path, events.column(path)]))
    const axes = new Set([...columns.values()].map(({ axis }) => axis).filter((axis) => axis !== ''))
    const offsets = new Map([...axes].map((axis) => [axis, events.offsets(axis)]))
    const scores = encodeColumns(events.rows, columns, offsets, this.#metadata, this.#encoder)
    const accept = events.has('select.accept') ? events.column('select.accept').values : null
    const chosen = accept === null ? null : indices(accept as Uint8Array)
    const keeps = this.#config.sink.accepted !== undefined && chosen !== null
    return {
      rows: events.rows,
      scores,
      accepted: keeps && chosen.length > 0 ? this.#accepted(scored, chosen) : null,
      acceptedRows: chosen?.length ?? 0,
      cutFlows: countCutFlows(piece.bound.cutFlows, events),
      chains: chainCounts(events, piece.bound),
      decisions:
        this.#config.nats?.decisions && chosen !== null ? this.#decisions(events, piece.bound, chosen) : [],
      rejects,
    }
  }

  /** Accepted events, whole, with what the steps added or replaced. */
  #accepted({ piece, events }: Finished, rows: Int32Array): Uint8Array {
    const replaced = this.#config.steps.flatMap((step) =>
      'replace' in step ? Object.keys(step.replace) : [],
    )
    const paths = [...piece.bound.produces.map(({ path }) => path), ...replaced]
    return this.#subset(piece.bytes, rows, new Map(paths.map((path) => [path, events.column(path)])))
  }

  #decisions(events: Events, bound: BoundSteps, chosen: Int32Array): Decision[] {
    const chains = chainPaths(bound).map((path) => ({
      name: chainName(path),
      passed: events.column(path).values,
    }))
    const select = this.#config.steps.find((step) => 'select' in step)
    const event = events.column(select === undefined ? 'event' : select.select.event_number).values
    return Array.from(chosen, (row) => ({
      event: String(event[row]),
      chains: chains.filter(({ passed }) => passed[row] === 1).map(({ name }) => name),
    }))
  }
}

const NOTHING: Outcome = {
  rows: 0,
  scores: null,
  accepted: null,
  acceptedRows: 0,
  chains: {},
  decisions: [],
  rejects: [],
}

function indices(mask: Uint8Array): Int32Array {
  const rows = new Int32Array(mask.length)
  let count = 0
  for (let row = 0; row < mask.length; row++) if (mask[row] === 1) rows[count++] = row
  return rows.subarray(0, count)
}

/** Columns that are no chain: the menu's own. */
const MENU_COLUMNS = ['select.accept', 'select.pass_through']

const chainPaths = ({ produces }: BoundSteps): string[] =>
  produces
    .filter(({ path, type }) => path.startsWith('select.') && type === 'bool' && !MENU_COLUMNS.includes(path))
    .map(({ path }) => path)

const chainName = (path: string): string => path.slice('select.'.length)

function chainCounts(events: Events, bound: BoundSteps): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const path of chainPaths(bound)) {
    let count = 0
    for (const passed of events.column(path).values as Uint8Array) count += passed
    counts[chainName(path)] = count
  }
  return counts
}
