/**
 * How many of `levels[from..to)` are `max`, where none is larger. Four levels at a time: a level that is at most `max`
 * equals it exactly when it has all the bits of `max`. Levels of list items are too random for a branch each.
 */
export function countMax(levels: Uint8Array, from: number, to: number, max: number): number {
  let count = 0
  let at = from
  const misaligned = (4 - ((levels.byteOffset + from) & 3)) & 3
  for (const head = Math.min(to, from + misaligned); at < head; at++) if (levels[at] === max) count++
  const words =
    to - at < 4 ? new Uint32Array(0) : new Uint32Array(levels.buffer, levels.byteOffset + at, (to - at) >> 2)
  for (let start = 0; start < words.length; start += 255) {
    // Each byte of `sums` counts up to 255 levels.
    let sums = 0
    const end = Math.min(words.length, start + 255)
    for (let i = start; i < end; i++) sums = (sums + hits(words[i], max)) >>> 0
    count += (sums & 0xff) + ((sums >>> 8) & 0xff) + ((sums >>> 16) & 0xff) + (sums >>> 24)
  }
  for (at += words.length * 4; at < to; at++) if (levels[at] === max) count++
  return count
}

function hits(word: number, max: number): number {
  if (max === 1) return word & 0x01010101
  let all = 0x01010101
  for (let bit = 0; max >> bit > 0; bit++) if (((max >> bit) & 1) === 1) all &= word >>> bit
  return all
}
