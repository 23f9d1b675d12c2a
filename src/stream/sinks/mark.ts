import { type LaneMark, NO_MARK } from '../sink.js'

/** A mark as the text kept beside an offset; empty for none. */
export const writeMark = ({ opens, tries }: LaneMark): string =>
  opens === 0 && tries === 0 ? '' : JSON.stringify({ opens, tries })

/** Reads what `writeMark` wrote; anything else (another program's metadata) counts as none. */
export function readMark(text: string): LaneMark {
  try {
    const { opens, tries } = JSON.parse(text) as Partial<LaneMark>
    return Number.isInteger(opens) && Number.isInteger(tries) ? { opens: opens!, tries: tries! } : NO_MARK
  } catch {
    return NO_MARK
  }
}
