/** A seeded source of numbers: the same seed gives the same sequence on every machine (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

export interface Mutation {
  readonly bytes: Uint8Array
  /** What was done where, to repeat it by hand. */
  readonly what: string
}

type Damage = (bytes: Uint8Array, random: () => number) => Mutation

const below = (random: () => number, limit: number) => Math.floor(random() * limit)

/** Half of the positions fall on the first kilobyte of metadata or on one near a message's beginning. */
function position(bytes: Uint8Array, random: () => number): number {
  const marker = random() < 0.5 ? markers(bytes) : []
  if (marker.length === 0) return below(random, bytes.length)
  const from = marker[below(random, marker.length)]
  return Math.min(bytes.length - 1, from + below(random, 1024))
}

function markers(bytes: Uint8Array): number[] {
  const found: number[] = []
  for (let i = 0; i + 4 <= bytes.length; i += 8)
    if (bytes[i] === 255 && bytes[i + 1] === 255 && bytes[i + 2] === 255 && bytes[i + 3] === 255)
      found.push(i)
  return found
}

const flip: Damage = (bytes, random) => {
  const out = bytes.slice()
  const count = 1 + below(random, 4)
  const places = Array.from({ length: count }, () => {
    const at = position(out, random)
    const bit = below(random, 8)
    out[at] ^= 1 << bit
    return `${at}.${bit}`
  })
  return { bytes: out, what: `flipped bits ${places.join(', ')}` }
}

const set: Damage = (bytes, random) => {
  const out = bytes.slice()
  const at = position(out, random)
  const value = [0, 1, 0x7f, 0x80, 0xff, below(random, 256)][below(random, 6)]
  out[at] = value
  return { bytes: out, what: `set byte ${at} to ${value}` }
}

const truncate: Damage = (bytes, random) => {
  const length = random() < 0.2 ? bytes.length - 1 - below(random, 16) : below(random, bytes.length)
  return { bytes: bytes.slice(0, Math.max(0, length)), what: `cut to ${length} bytes` }
}

const splice: Damage = (bytes, random) => {
  const at = position(bytes, random)
  const length = 1 + below(random, 64)
  if (random() < 0.5) {
    const out = new Uint8Array(Math.max(0, bytes.length - length))
    out.set(bytes.subarray(0, Math.min(at, out.length)))
    if (at + length < bytes.length) out.set(bytes.subarray(at + length), at)
    return { bytes: out, what: `took ${length} bytes out at ${at}` }
  }
  const out = new Uint8Array(bytes.length + length)
  out.set(bytes.subarray(0, at))
  for (let i = 0; i < length; i++) out[at + i] = below(random, 256)
  out.set(bytes.subarray(at), at + length)
  return { bytes: out, what: `put ${length} bytes in at ${at}` }
}

const lengths = [-1, -2, 0, 1, 7, 8, 16, -16, 255, 65_535, 65_536, 2 ** 24, 2 ** 30, 2 ** 31 - 1, -(2 ** 31)]

const lengthField: Damage = (bytes, random) => {
  const out = bytes.slice()
  const at = Math.max(0, Math.min(position(out, random) & ~3, out.length - 8))
  if (out.length < 8) return flip(bytes, random)
  const view = new DataView(out.buffer)
  const old = view.getInt32(at, true)
  const value =
    random() < 0.4
      ? (old + lengths[below(random, lengths.length)]) | 0
      : lengths[below(random, lengths.length)]
  view.setInt32(at, value, true)
  if (random() < 0.3) view.setInt32(at + 4, random() < 0.5 ? -1 : 1 << below(random, 31), true)
  return { bytes: out, what: `length at ${at} from ${old} to ${value}` }
}

const run: Damage = (bytes, random) => {
  const out = bytes.slice()
  const at = position(out, random)
  const length = 1 + below(random, random() < 0.8 ? 32 : 2048)
  const value = random() < 0.5 ? 0xff : 0
  out.fill(value, at, at + length)
  return { bytes: out, what: `${length} bytes of ${value} from ${at}` }
}

const duplicate: Damage = (bytes, random) => {
  const out = bytes.slice()
  const length = 1 + below(random, 512)
  const from = position(out, random) & ~7
  const to = position(out, random) & ~7
  out.copyWithin(to, from, from + length)
  return { bytes: out, what: `${length} bytes of ${from} copied to ${to}` }
}

const shuffle: Damage = (bytes, random) => {
  const out = bytes.slice()
  const at = position(out, random)
  const length = Math.min(1 + below(random, 64), out.length - at)
  for (let i = 0; i < length; i++) out[at + i] = below(random, 256)
  return { bytes: out, what: `${length} random bytes at ${at}` }
}

const damages: readonly Damage[] = [
  flip,
  flip,
  set,
  truncate,
  splice,
  lengthField,
  lengthField,
  run,
  duplicate,
  shuffle,
]

/**
 * A damaged copy of a message: flipped bits, set bytes, truncation, splices, attacks on length fields, runs of 0x00
 * or 0xff, duplicated regions, noise; one or, at times, a few of them. The seed decides which; a copy may turn out
 * equal to the original, or still be a valid message.
 */
export function mutate(bytes: Uint8Array, seed: number): Mutation {
  const random = randomOf(seed)
  const rounds = random() < 0.8 ? 1 : 2 + below(random, 3)
  let mutation: Mutation = { bytes: Uint8Array.from(bytes), what: `seed ${seed}` }
  for (let round = 0; round < rounds && mutation.bytes.length > 0; round++) {
    const next = damages[below(random, damages.length)](mutation.bytes, random)
    mutation = { bytes: next.bytes, what: `${mutation.what}; ${next.what}` }
  }
  return mutation
}
