import { SpillwayError } from '../errors.js'
import { decodeMessage } from '../ingest/arrow/index.js'
import type { Events } from '../ingest/columns.js'
import type { Bundle } from './manifest.js'
import type { Scorer } from './scorer.js'

/** How well a model gives its probe answers here. */
export interface ProbeReport {
  /** Events of the probe. */
  readonly events: number
  /** Scores compared: items times columns. */
  readonly compared: number
  /** The largest |found − answer|, and where. */
  readonly worst: {
    readonly column: string
    readonly item: number
    readonly answer: number
    readonly found: number
    readonly difference: number
    /** absolute + relative · |answer| */
    readonly allowed: number
  }
}

const LIMITS = { maxBytes: 64 << 20, maxRows: 1 << 20, maxRatio: 256 }
const ANSWER = 'answer.'

/**
 * Runs a bundle's probe through the scorer's own feature code and compares with the trainer's answers (columns
 * `answer.<column>`, one value per item): warm-up, export parity and training/serving skew in one.
 * @throws SpillwayError PROBE_FAILED with the worst difference; MODEL_INVALID for a probe that proves nothing.
 */
export async function runProbe(
  scorer: Scorer,
  { manifest, probe, origin }: Bundle,
): Promise<ProbeReport | null> {
  if (probe === null) return null
  const events = decodeMessage(probe, LIMITS)
  const features = scorer.builder.bind(events)
  const items = Int32Array.from({ length: features.items }, (_, item) => item)
  const { scores } = await scorer.score([{ features, items }])
  const { absolute, relative } = manifest.tolerance
  let compared = 0
  let worst: ProbeReport['worst'] | undefined
  scorer.columns.forEach((column, c) => {
    const answers = answersOf(events, column, features.items, origin)
    for (let item = 0; item < features.items; item++) {
      const answer = answers(item)
      if (answer === null) continue
      if (!Number.isFinite(answer)) {
        throw new SpillwayError(
          'MODEL_INVALID',
          `the probe answers ${column} of item ${item} with ${answer}`,
          {
            place: origin,
          },
        )
      }
      compared++
      const found = scores[0].columns[c][item]
      const gap = Math.abs(found - answer)
      const difference = Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap
      const allowed = absolute + relative * Math.abs(answer)
      // By how far the tolerance is used up: a small answer may be off by less and still be the worst.
      if (worst === undefined || difference / allowed > worst.difference / worst.allowed)
        worst = { column, item, answer, found, difference, allowed }
    }
  })
  if (worst === undefined) {
    throw new SpillwayError('MODEL_INVALID', `the probe of ${manifest.name} holds no answer`, {
      place: origin,
    })
  }
  if (worst.difference > worst.allowed) {
    const { column, item, answer, found, difference, allowed } = worst
    throw new SpillwayError(
      'PROBE_FAILED',
      `${manifest.name} gives ${column} = ${found} for item ${item} of its probe, the answer is ${answer}: ` +
        `off by ${difference.toPrecision(3)}, allowed ${allowed.toPrecision(3)}`,
      { place: origin },
    )
  }
  return { events: events.rows, compared, worst }
}

/** The trainer's answer for an item; `null` where none is given. */
function answersOf(
  events: Events,
  column: string,
  items: number,
  place: string,
): (item: number) => number | null {
  const path = ANSWER + column
  if (!events.has(path)) {
    throw new SpillwayError('MODEL_INVALID', `the probe has no column ${path}`, { place })
  }
  const { values, valid } = events.column(path)
  if (values.length !== items) {
    throw new SpillwayError('MODEL_INVALID', `the probe has ${values.length} ${path} for ${items} items`, {
      place,
    })
  }
  return (item) => (valid !== null && valid[item] === 0 ? null : Number(values[item]))
}
