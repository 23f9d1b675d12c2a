import type { Column, ColumnSpec, EventSchema, Events } from '../../ingest/columns.js'
import { drawn, halvesOf } from '../../ingest/draw/event-numbers.js'
import { seedOf } from '../../ingest/draw/hash.js'
import { boolColumn, buildChain, type Chain, compileAt, countOf } from './chain.js'
import { producedBy, refuseClash, requireEventNumber } from './columns.js'
import type { MenuConfig } from './config.js'
import { firstThreshold, type ThresholdState } from './threshold.js'

/** Thresholds of the chains that have a target rate, by chain name. JSON keeps it whole. */
export type MenuState = Readonly<Record<string, ThresholdState>>

export interface ChainCounts {
  /** Events for which `when` holds. */
  readonly candidates: number
  /** Events left after threshold and prescale. */
  readonly passed: number
}

export interface Counts {
  readonly rows: number
  readonly accepted: number
  /** Events drawn for monitoring, accepted by a chain or not. */
  readonly passThrough: number
  readonly chains: ReadonlyMap<string, ChainCounts>
}

export interface Decisions {
  /** One byte per event. */
  readonly accept: Uint8Array
  readonly passThrough: Uint8Array
  /** One byte per event for every chain, in the order of the menu. */
  readonly chains: ReadonlyMap<string, Uint8Array>
  readonly counts: Counts
  /** The events with the columns of `Menu.produces`. */
  readonly events: Events
  /** For the next batch of this stream. */
  readonly state: MenuState
}

/** A compiled trigger menu. It keeps working memory between calls: one object serves one thread. */
export interface Menu {
  readonly chains: readonly string[]
  /** Columns it reads of the events given. */
  readonly reads: readonly string[]
  /** Lists whose offsets it needs. */
  readonly lists: readonly string[]
  /**
   * `select.<chain>` and `select.pass_through` and `select.accept` (bool), `select.<chain>_threshold` (float64, null
   * before the first threshold is known) of each chain with a target rate.
   */
  readonly produces: readonly ColumnSpec[]
  /** The state before the first event of a stream. */
  readonly start: MenuState
  /**
   * Decides on every event of a batch. Prescale and pass-through depend on the event number alone. Only chains with
   * a target rate depend on `state`; they want the batches of a stream in order, but not cut in the same places.
   * @throws SpillwayError SCHEMA_MISMATCH when a column is missing or changed its kind.
   */
  evaluate(events: Events, state?: MenuState): Decisions
}

/**
 * Compiles a trigger menu against the columns that come in.
 * @throws SpillwayError EXPRESSION_INVALID whose place names the key; COLUMN_MISSING or COLUMN_TYPE for the event
 * number; CONFIG_INVALID when a column of the menu is already there.
 */
export function buildMenu(config: MenuConfig, schema: EventSchema): Menu {
  const chains: Chain[] = []
  let known = schema
  for (const [name, chain] of Object.entries(config.chains)) {
    chains.push(buildChain(name, chain, config.input_rate, known))
    known = withColumn(known, `passed.${name}`)
  }
  const accept =
    config.accept === 'any'
      ? null
      : compileAt('select.accept', config.accept, known, { type: 'bool', axis: '' })
  const expressions = [...chains.flatMap((chain) => chain.expressions), ...(accept === null ? [] : [accept])]
  const draws = config.pass_through > 0 || chains.some((chain) => chain.draws)
  if (draws) requireEventNumber(config.event_number, schema)
  const passThroughSeed = seedOf('pass_through')
  const produces = producedBy(chains)
  refuseClash([...produces.map(({ path }) => path), ...chains.map(({ name }) => `passed.${name}`)], schema)
  const steered = chains.filter((chain) => chain.steered)
  const start: MenuState = Object.fromEntries(steered.map(({ name }) => [name, firstThreshold]))
  const read = expressions
    .flatMap((expression) => expression.reads)
    .filter((path) => !chains.some(({ name }) => path === `passed.${name}`))

  return {
    chains: chains.map(({ name }) => name),
    reads: [...new Set(draws ? [...read, config.event_number] : read)],
    lists: [...new Set(expressions.flatMap((expression) => expression.lists))],
    produces,
    start,
    evaluate(events, state = start) {
      const halves = draws ? halvesOf(events, config.event_number) : new Uint32Array(0)
      const everything = new Uint8Array(events.rows).fill(1)
      const passThrough =
        config.pass_through > 0
          ? drawn(everything, halves, passThroughSeed, config.pass_through)
          : new Uint8Array(events.rows)
      let seen = events
      let out = events
      const masks = new Map<string, Uint8Array>()
      const counts = new Map<string, ChainCounts>()
      const states: [string, ThresholdState][] = []
      for (const chain of chains) {
        const decision = chain.decide(seen, halves, stateOf(chain, state))
        const { passed, thresholds } = decision
        seen = seen.with(`passed.${chain.name}`, boolColumn(passed))
        out = out.with(`select.${chain.name}`, boolColumn(passed))
        if (thresholds !== null) out = out.with(`select.${chain.name}_threshold`, thresholdColumn(thresholds))
        masks.set(chain.name, passed)
        counts.set(chain.name, { candidates: decision.candidates, passed: countOf(passed) })
        if (decision.state !== null) states.push([chain.name, decision.state])
      }
      const accepted = union(accept === null ? [...masks.values()] : [accept.mask(seen)], passThrough)
      return {
        accept: accepted,
        passThrough,
        chains: masks,
        counts: {
          rows: events.rows,
          accepted: countOf(accepted),
          passThrough: countOf(passThrough),
          chains: counts,
        },
        events: out
          .with('select.pass_through', boolColumn(passThrough))
          .with('select.accept', boolColumn(accepted)),
        state: Object.fromEntries(states),
      }
    },
  }
}

/** The chain's own entry: a chain may be called `constructor`. */
function stateOf({ name, steered }: Chain, state: MenuState): ThresholdState | null {
  if (!steered) return null
  return Object.hasOwn(state, name) ? state[name] : firstThreshold
}

function union(masks: readonly Uint8Array[], first: Uint8Array): Uint8Array {
  const out = first.slice()
  for (const mask of masks) for (let i = 0; i < out.length; i++) out[i] |= mask[i]
  return out
}

function thresholdColumn(values: Float64Array): Column {
  const valid = values.some(Number.isNaN) ? Uint8Array.from(values, (x) => (Number.isNaN(x) ? 0 : 1)) : null
  return { axis: '', type: 'float64', values, valid }
}

function withColumn(schema: EventSchema, path: string): EventSchema {
  return { ...schema, columns: [...schema.columns, { path, axis: '', type: 'bool' }] }
}
