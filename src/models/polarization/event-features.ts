import type { BoundFeatures } from '../feature-builder.js'
import { type EventLayout, oneHot } from './particles.js'

/** Events of one message, to be written as {@link tensorsOf} lays them out. */
export interface EventContent {
  readonly layout: Pick<EventLayout, 'layout' | 'flat' | 'token'>
  /** Particles of each event, of which `tokens` takes as many as fit. */
  readonly lengths: Int32Array
  /** Particles of every event in `flat`. */
  readonly count: number
  /** Writes the first `count` particles of the event from `first` on; gives where it stopped. */
  readonly write: (out: Float32Array, first: number, row: number, count: number) => number
  /** The initial state of each event, where there is one beside. */
  readonly channels: Float32Array | null
  /** The derived quantities, a column each. */
  readonly derived: readonly Float64Array[]
}

/** Fills the tensors of events: their particles, the initial state and derived quantities, what is left over with zeros. */
export function eventFeatures({
  layout: { layout, flat, token },
  lengths,
  count,
  write,
  channels,
  derived,
}: EventContent): BoundFeatures {
  const isTokens = layout === 'tokens'
  const beside = { flat: 1, tokens: 2, derived: 0 }[layout]

  function writeParticles(row: number, s: number, length: number, tensors: readonly Float32Array[]): void {
    const size = isTokens ? length * token : flat
    const written = isTokens ? Math.min(lengths[row], length) : count
    const end = write(tensors[0], s * size, row, written)
    tensors[0].fill(0, end, (s + 1) * size)
    if (!isTokens) return
    tensors[1].fill(1, s * length, s * length + written)
    tensors[1].fill(0, s * length + written, (s + 1) * length)
  }

  return {
    items: lengths.length,
    lengths: isTokens ? lengths : null,
    fill(items, from, to, slot, length, tensors) {
      const out = tensors[channels === null ? beside : beside + 1]
      for (let i = from, s = slot; i < to; i++, s++) {
        const row = items[i]
        if (beside > 0) writeParticles(row, s, length, tensors)
        if (channels !== null) oneHot(tensors[beside], s, channels[row])
        for (let c = 0; c < derived.length; c++) out[s * derived.length + c] = derived[c][row]
      }
    },
  }
}
