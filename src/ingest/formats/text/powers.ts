/** Powers of ten as sums of two doubles, exact to 106 bits; `high[i] + low[i]` is 10^(i - 270). */
export interface Powers {
  readonly high: Float64Array
  readonly low: Float64Array
}

export const mostPower = 270

export const powers: Powers = tabulate()

function tabulate(): Powers {
  const high = new Float64Array(2 * mostPower + 1)
  const low = new Float64Array(2 * mostPower + 1)
  for (let e = -mostPower; e <= mostPower; e++) {
    const value = Number(`1e${e}`)
    high[e + mostPower] = value
    low[e + mostPower] = e < 0 ? restOfFraction(-e, value) : Number(10n ** BigInt(e) - BigInt(value))
  }
  return { high, low }
}

/** 10^-n less its nearest double, by integers: the double is m · 2^-s. */
function restOfFraction(n: number, value: number): number {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, value)
  const word = bits.getBigUint64(0)
  const m = (word & 0xfffffffffffffn) | 0x10000000000000n
  const s = 1075 - Number(word >> 52n)
  const ten = 10n ** BigInt(n)
  const rest = (1n << BigInt(s)) - m * ten
  return Number((rest << 128n) / ten) * 2 ** -128 * 2 ** -s
}
