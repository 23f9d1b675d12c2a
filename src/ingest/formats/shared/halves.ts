/** IEEE 754 half precision to single. */
export function halves(bits: Uint16Array): Float32Array {
  const out = new Float32Array(bits.length)
  for (let i = 0; i < bits.length; i++) {
    const exponent = (bits[i] >> 10) & 0x1f
    const fraction = bits[i] & 0x3ff
    const size =
      exponent === 0
        ? fraction * 2 ** -24
        : exponent === 31
          ? fraction === 0
            ? Number.POSITIVE_INFINITY
            : Number.NaN
          : (fraction + 1024) * 2 ** (exponent - 25)
    out[i] = bits[i] >= 0x8000 ? -size : size
  }
  return out
}
