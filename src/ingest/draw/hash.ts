/** A 64-bit number as two unsigned halves. */
export interface Seed {
  readonly high: number
  readonly low: number
}

/** 64-bit FNV-1a (Fowler, Noll, Vo) of the UTF-8 bytes of a name. */
export function seedOf(name: string): Seed {
  let hash = 0xcbf29ce484222325n
  for (const byte of Buffer.from(name, 'utf8'))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  return { high: Number(hash >> 32n), low: Number(hash & 0xffffffffn) }
}

/**
 * A number in [0, 1) that depends on the event number (two unsigned halves) and the seed only:
 * the upper 53 bits of splitmix64(event xor seed), where splitmix64(x) is the finaliser of Steele, Lea and Flood,
 * "Fast splittable pseudorandom number generators", OOPSLA 2014, after adding 0x9e3779b97f4a7c15. Worked out by
 * halves, as BigInt arithmetic allocates.
 */
export function uniform(high: number, low: number, seed: Seed): number {
  let lo = (low ^ seed.low) >>> 0
  let hi = (high ^ seed.high) >>> 0
  const carry = lo + 0x7f4a7c15 > 0xffffffff ? 1 : 0
  lo = (lo + 0x7f4a7c15) >>> 0
  hi = (hi + 0x9e3779b9 + carry) >>> 0

  lo = (lo ^ ((lo >>> 30) | (hi << 2))) >>> 0
  hi = (hi ^ (hi >>> 30)) >>> 0
  hi = (upperHalf(lo, 0x1ce4e5b9) + Math.imul(lo, 0xbf58476d) + Math.imul(hi, 0x1ce4e5b9)) >>> 0
  lo = Math.imul(lo, 0x1ce4e5b9) >>> 0

  lo = (lo ^ ((lo >>> 27) | (hi << 5))) >>> 0
  hi = (hi ^ (hi >>> 27)) >>> 0
  hi = (upperHalf(lo, 0x133111eb) + Math.imul(lo, 0x94d049bb) + Math.imul(hi, 0x133111eb)) >>> 0
  lo = Math.imul(lo, 0x133111eb) >>> 0

  lo = (lo ^ ((lo >>> 31) | (hi << 1))) >>> 0
  hi = (hi ^ (hi >>> 31)) >>> 0
  return (hi * 2097152 + (lo >>> 11)) / 9007199254740992
}

/** The upper 32 bits of the product of two unsigned 32-bit numbers, by halves of 16 bits. */
function upperHalf(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) >>> 0
  const other = (Math.imul(aLow, bHigh) + (middle & 0xffff)) >>> 0
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (other >>> 16)) >>> 0
}
