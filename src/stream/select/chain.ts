import { SpillwayError } from '../../errors.js'
import type { Column, EventSchema, Events } from '../../ingest/columns.js'
import { drawn } from '../../ingest/draw/event-numbers.js'
import { seedOf, uniform } from '../../ingest/draw/hash.js'
import { type Compiled, compile, type Wanted } from '../../ingest/expression/compile.js'
import type { MenuConfig } from './config.js'
import { ACCEPT_ALL, applyThreshold, type ThresholdState } from './threshold.js'

/** What a chain decided for a batch. */
export interface ChainDecision {
  /** One byte per event: the final decision, after threshold and prescale. */
  readonly passed: Uint8Array
  /** Events for which `when` holds. */
  readonly candidates: number
  /** The threshold each event met, of a chain with a target rate. */
  readonly thresholds: Float64Array | null
  readonly state: ThresholdState | null
}

export interface Chain {
  readonly name: string
  readonly expressions: readonly Compiled[]
  /** It has a target rate, and so a threshold and a state. */
  readonly steered: boolean
  /** It draws by event number. */
  readonly draws: boolean
  /**
   * @param halves Event numbers (`halvesOf`); may be empty when `draws` is false.
   * @param state As the last call gave it; null for a chain that is not steered.
   */
  decide(events: Events, halves: Uint32Array, state: ThresholdState | null): ChainDecision
}

/**
 * Compiles a chain: condition, then threshold, then prescale.
 * @param schema Columns, with `passed.<name>` of the chains before.
 * @throws SpillwayError EXPRESSION_INVALID whose place names the chain.
 */
export function buildChain(
  name: string,
  config: MenuConfig['chains'][string],
  inputRate: number | undefined,
  schema: EventSchema,
): Chain {
  const { prescale, target_rate: rate, rate_on: scoreSource } = config
  const when = compileAt(`select.chains.${name}.when`, config.when, schema, { type: 'bool', axis: '' })
  const score =
    scoreSource === undefined
      ? null
      : compileAt(`select.chains.${name}.rate_on`, scoreSource, schema, { type: 'number', axis: '' })
  const fraction =
    rate === undefined || inputRate === undefined ? 1 : Math.min(1, (rate * prescale) / inputRate)
  const seed = seedOf(name)
  const warmUpSeed = seedOf(`${name}/warm-up`)

  const prescaled = (mask: Uint8Array, halves: Uint32Array) =>
    prescale === 1 ? mask : drawn(mask, halves, seed, 1 / prescale)

  return {
    name,
    expressions: score === null ? [when] : [when, score],
    steered: score !== null,
    draws: prescale > 1 || (score !== null && fraction < 1),
    decide(events, halves, state) {
      const candidates = when.mask(events)
      const counted = countOf(candidates)
      if (score === null)
        return { passed: prescaled(candidates, halves), candidates: counted, thresholds: null, state: null }
      if (state === null) throw new SpillwayError('INTERNAL', `chain ${name} was given no threshold state`)
      const scores = score.evaluate(events) as Float64Array
      if (fraction === 1) {
        const finite = candidates.map((byte, i) => (byte === 1 && scores[i] > ACCEPT_ALL ? 1 : 0))
        const thresholds = new Float64Array(scores.length).fill(ACCEPT_ALL)
        return { passed: prescaled(finite, halves), candidates: counted, thresholds, state }
      }
      const warmUp = (row: number) => uniform(halves[2 * row + 1], halves[2 * row], warmUpSeed) < fraction
      const steered = applyThreshold(scores, candidates, fraction, state, warmUp)
      return { ...steered, passed: prescaled(steered.passed, halves), candidates: counted }
    },
  }
}

/** Compiles an expression of the configuration. @throws SpillwayError EXPRESSION_INVALID naming the key. */
export function compileAt(key: string, source: string, schema: EventSchema, wanted: Wanted): Compiled {
  try {
    return compile(source, schema, wanted)
  } catch (error) {
    if (!(error instanceof SpillwayError)) throw error
    throw new SpillwayError(error.code, error.message, { place: `${key}, ${error.place}`, cause: error })
  }
}

/** Truth values as a column. */
export function boolColumn(values: Uint8Array): Column {
  return { axis: '', type: 'bool', values, valid: null }
}

export function countOf(mask: Uint8Array): number {
  let count = 0
  for (let i = 0; i < mask.length; i++) count += mask[i]
  return count
}
