import { SpillwayError } from '../../errors.js'

/** What one message may cost. Breaking one gives MESSAGE_TOO_LARGE before anything of that size is allocated. */
export interface DecodeLimits {
  /** Bytes of the message, and bytes of everything it inflates to. */
  readonly maxBytes: number
  /** Rows (events) of all its record batches together. */
  readonly maxRows: number
  /** Inflated bytes, and items along one list, for each byte of the message. */
  readonly maxRatio: number
}

/** 64 MiB, a million events, 256 inflated bytes a byte. */
export const defaultLimits: DecodeLimits = { maxBytes: 64 << 20, maxRows: 1_000_000, maxRatio: 256 }

/** A MESSAGE_UNDECODABLE at `place`: a byte position, or a field and a row. */
export function undecodable(message: string, place: string, cause?: unknown): SpillwayError {
  return new SpillwayError('MESSAGE_UNDECODABLE', message, { place, cause })
}

/** A MESSAGE_TOO_LARGE at `place`. */
export function tooLarge(message: string, place: string): SpillwayError {
  return new SpillwayError('MESSAGE_TOO_LARGE', message, { place })
}
