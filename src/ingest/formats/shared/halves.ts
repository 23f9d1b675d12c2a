/** IEEE 754 half precision to single. */
export function halves(bits: Uint16Array): Float32Array {
  const out = new Uint32Array(bits.length)
  for (let i = 0; i < bits.length; i++) {
    const sign = (bits[i] & 0x8000) << 16
    const rest = bits[i] & 0x7fff
    // Exponents are biased by 15 there and by 127 here; all ones are infinity and NaN in both.
    if (rest >= 0x7c00) out[i] = sign | 0x7f800000 | (rest << 13)
    else if (rest >= 0x0400) out[i] = sign | ((rest << 13) + 0x38000000)
    else out[i] = sign | subnormal(rest)
  }
  return new Float32Array(out.buffer)
}

function subnormal(fraction: number): number {
  if (fraction === 0) return 0
  const shift = Math.clz32(fraction) - 21
  return ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13)
}
