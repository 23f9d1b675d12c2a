import { SpillwayError } from '../../errors.js'
import { nearest } from '../nearest.js'

const CONTEXT = 60

/** What is wrong with a source, at an offset of it. `names` are those that could have been meant. */
export interface Fault {
  readonly at: number
  readonly what: string
  readonly name?: string
  readonly names?: Iterable<string>
}

/**
 * EXPRESSION_INVALID with the column (from 1), the nearest names, the source and a caret under the place:
 *
 *     no column jets.p at column 7; near: jets.pt
 *       count(jets.p > 30)
 *             ^
 */
export function fail(source: string, { at, what, name, names }: Fault): SpillwayError {
  const near = name === undefined || names === undefined ? [] : nearest(name, names)
  const hint = near.length > 0 ? `; near: ${near.join(', ')}` : ''
  const from = Math.max(0, at - CONTEXT)
  // One character for one, so that the caret stays under its place in a source of several lines.
  const shown = source.slice(from, at + CONTEXT).replace(/\p{Cc}/gu, ' ')
  const caret = `${' '.repeat(at - from)}^`
  return new SpillwayError(
    'EXPRESSION_INVALID',
    `${what} at column ${at + 1}${hint}\n  ${shown}\n  ${caret}`,
    {
      place: `column ${at + 1}`,
    },
  )
}

/** A name from a source, shortened so that a message stays readable. */
export function quote(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 37)}...`
}
