import type { Values } from '../../columns.js'

/**
 * Puts values together whose bytes stand in as many separate streams, the lowest bytes first (Parquet's
 * BYTE_STREAM_SPLIT, RNTuple's split columns). `bytes` holds as many values as `out`.
 */
export function unsplit(bytes: Uint8Array, out: Values): void {
  const { length, BYTES_PER_ELEMENT: width } = out
  if (width === 1) (out as Uint8Array).set(bytes.subarray(0, length))
  else if (width === 2) unsplit16(bytes, new Uint16Array(out.buffer))
  else unsplit32(bytes, new Uint32Array(out.buffer), length, width / 4)
}

function unsplit16(bytes: Uint8Array, out: Uint16Array): void {
  const n = out.length
  for (let i = 0; i < n; i++) out[i] = bytes[i] | (bytes[n + i] << 8)
}

/** Values of one or two words of 32 bits. */
function unsplit32(bytes: Uint8Array, out: Uint32Array, n: number, words: number): void {
  for (let word = 0; word < words; word++) {
    const from = 4 * n * word
    const [b0, b1, b2, b3] = [0, 1, 2, 3].map((b) => bytes.subarray(from + b * n, from + (b + 1) * n))
    for (let i = 0, to = word; i < n; i++, to += words)
      out[to] = b0[i] | (b1[i] << 8) | (b2[i] << 16) | (b3[i] << 24)
  }
}
