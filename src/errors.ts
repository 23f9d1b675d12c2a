import { catalogue, type Decision, type ErrorCode } from './errors/catalogue.js'

export { catalogue, type Decision, type ErrorCode } from './errors/catalogue.js'

export interface ErrorDetail {
  /** The thing at fault and where it is: file and line, topic/partition/offset, model, column. */
  readonly place?: string
  /** A remedy more exact than the catalogue's. */
  readonly remedy?: string
  readonly cause?: unknown
}

/** The one error type of the project: a code of the catalogue, a message, a place, a remedy, a cause. */
export class SpillwayError extends Error {
  readonly code: ErrorCode
  readonly place: string | undefined
  readonly remedy: string
  override readonly name = 'SpillwayError'

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.code = code
    this.place = detail.place
    this.remedy = detail.remedy ?? catalogue[code].remedy
  }

  get decision(): Decision {
    return catalogue[this.code].decision
  }

  /** Three lines for a person: what, where, what to do. */
  format(): string {
    const at = this.place === undefined ? '' : `\n  at ${this.place}`
    return `${this.code}: ${this.message}${at}\n  remedy: ${this.remedy}`
  }
}

/** Wraps what is not yet a SpillwayError; keeps those that are. */
export function asSpillwayError(error: unknown, code: ErrorCode, detail: ErrorDetail = {}): SpillwayError {
  if (error instanceof SpillwayError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new SpillwayError(code, message, { ...detail, cause: error })
}
