import { mostPower, powers } from './powers.js'

const zero = 48
const splitter = 134_217_729

/** Reads fields of a line of bytes without making strings. A field that is not there or not a number is NaN. */
export class Scanner {
  bytes: Uint8Array = new Uint8Array(0)
  at = 0
  end = 0

  /** Goes to the bytes from `from` up to `end`. */
  reset(bytes: Uint8Array, from: number, end: number): void {
    this.bytes = bytes
    this.at = from
    this.end = end
  }

  /** Skips blanks and tells whether anything is left. */
  more(): boolean {
    while (this.at < this.end && this.bytes[this.at] <= 32) this.at++
    return this.at < this.end
  }

  /** An integer of at most 15 digits. */
  integer(): number {
    if (!this.more()) return Number.NaN
    const { bytes, end } = this
    let at = this.at
    const negative = bytes[at] === 45
    if (negative || bytes[at] === 43) at++
    const start = at
    let value = 0
    for (; at < end; at++) {
      const digit = bytes[at] - zero
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
    }
    const good =
      at > start &&
      at - start <= 15 &&
      (at === end || bytes[at] <= 32 || bytes[at] === 44 || bytes[at] === 93)
    this.at = at
    return good ? (negative ? -value : value) : Number.NaN
  }

  /**
   * The double nearest to a decimal number, as `Number(text)` gives it. Up to 15 digits and powers of ten up to 22 are
   * exact in doubles (Clinger, 1990); longer ones are computed with two doubles (Dekker, 1971), and left to `Number`
   * in the rare case that lies too near to the middle between two doubles.
   */
  number(): number {
    if (!this.more()) return Number.NaN
    const { bytes, end } = this
    const from = this.at
    let at = from
    const negative = bytes[at] === 45
    if (negative || bytes[at] === 43) at++
    let [high, low, digits, shift, point] = [0, 0, 0, 0, -1]
    const start = at
    for (; at < end; at++) {
      const digit = bytes[at] - zero
      if (digit >= 0 && digit <= 9) {
        if (digits < 15) high = high * 10 + digit
        else if (digits < 22) low = low * 10 + digit
        else shift++
        if (high !== 0) digits++
      } else if (bytes[at] === 46 && point < 0) point = at
      else break
    }
    const seen = at - start - (point < 0 ? 0 : 1)
    if (point >= 0) shift -= at - point - 1
    let plain = seen > 0
    if (at < end && plain && ((bytes[at] | 32) === 101 || (bytes[at] | 32) === 100)) {
      // Fortran writes D for the exponent.
      plain = (bytes[at] | 32) === 101
      let sign = 1
      at++
      if (at < end && (bytes[at] === 45 || bytes[at] === 43)) sign = bytes[at++] === 45 ? -1 : 1
      let exponent = 0
      const first = at
      for (; at < end && bytes[at] >= zero && bytes[at] <= 57 && at - first < 6; at++)
        exponent = exponent * 10 + bytes[at] - zero
      plain = plain && at > first
      shift += sign * exponent
    }
    while (at < end && bytes[at] > 32) {
      plain = false
      at++
    }
    this.at = at
    if (!plain) return slow(bytes, from, at)
    if (high === 0) return negative ? -0 : 0
    const size =
      digits <= 15 && shift >= -22 && shift <= 22
        ? shift < 0
          ? high / powers.high[mostPower - shift]
          : high * powers.high[mostPower + shift]
        : long(high, low, digits, shift)
    if (Number.isNaN(size)) return slow(bytes, from, at)
    return negative ? -size : size
  }

  /** The rest of the line as text. */
  text(): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + this.at, this.end - this.at).toString(
      'utf8',
    )
  }

  /** A word up to the next blank. */
  word(): string {
    this.more()
    const from = this.at
    while (this.at < this.end && this.bytes[this.at] > 32) this.at++
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + from, this.at - from).toString('latin1')
  }
}

/** NaN when the result is not certain to the last bit. */
function long(high: number, low: number, digits: number, shift: number): number {
  if (shift < -mostPower || shift > mostPower) return Number.NaN
  const more = Math.min(Math.max(digits - 15, 0), 7)
  const scale = powers.high[mostPower + more]
  // a + b is exactly high · 10^more + low.
  const product = high * scale
  const productRest = restOfProduct(high, scale, product)
  const a = product + low
  const b = low - (a - product) + productRest
  const p = powers.high[mostPower + shift]
  const main = a * p
  const rest = restOfProduct(a, p, main) + (a * powers.low[mostPower + shift] + b * p)
  const sum = main + rest
  const left = rest - (sum - main)
  // Digits beyond the 22nd were dropped: at most one unit of the 22nd.
  const doubt = sum * (digits > 22 ? 2 ** -66 : 2 ** -98)
  return sum + (left + doubt) === sum + (left - doubt) ? sum + left : Number.NaN
}

/** a · b - fl(a · b), exactly (Dekker's product with Veltkamp's splitting). */
function restOfProduct(a: number, b: number, product: number): number {
  const ta = splitter * a
  const ah = ta - (ta - a)
  const al = a - ah
  const tb = splitter * b
  const bh = tb - (tb - b)
  const bl = b - bh
  return al * bl - (product - ah * bh - al * bh - ah * bl)
}

function slow(bytes: Uint8Array, from: number, to: number): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1')
  if (/^[+-]?(inf|infinity)$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  if (/^[+-]?\d*\.?\d*d[+-]?\d+$/i.test(text)) return Number(text.replace(/d/i, 'e'))
  return text === '' ? Number.NaN : Number(text)
}
