const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 })
const DIGITS = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

/** What stands where nothing is known. */
export const NOTHING = '–'

/** @typedef {number | null | undefined} Maybe */

/** @param {(value: number) => string} format */
const orNothing =
  (format) =>
  /** @param {Maybe} value @returns {string} */
  (value) =>
    value === null || value === undefined || !Number.isFinite(value) ? NOTHING : format(value)

/** 12,345 */
export const whole = orNothing((value) => WHOLE.format(value))
/** 12.3K */
export const short = orNothing((value) =>
  Math.abs(value) < 1000 ? DIGITS.format(value) : SHORT.format(value),
)
/** Three digits. */
export const digits = orNothing((value) => DIGITS.format(value))
/** 12.3 %, of a fraction. */
export const percent = orNothing((value) => `${DIGITS.format(100 * value)} %`)

/** Milliseconds, with their unit: 0.3 ms, 12 ms, 1.2 s. */
export const milliseconds = orNothing((value) =>
  value < 1000 ? `${DIGITS.format(value)} ms` : `${DIGITS.format(value / 1000)} s`,
)

/** Bytes with a unit of 1,000. */
export const bytes = orNothing((value) => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)))
  return `${DIGITS.format(value / 1000 ** power)} ${units[power]}`
})

/** 3 d 4 h, 5 min 6 s. */
export const duration = orNothing((seconds) => {
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [Math.floor(seconds) % 60, 's'],
  ]
  const first = parts.findIndex(([value]) => value !== 0)
  return parts
    .slice(first < 0 ? 3 : first)
    .slice(0, 2)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(' ')
})

/** Local time of day; with the date when it is not today's. @param {number} seconds since 1970 */
export function clock(seconds) {
  const time = new Date(seconds * 1000)
  const today = time.toDateString() === new Date().toDateString()
  return today ? time.toLocaleTimeString() : time.toLocaleString()
}
