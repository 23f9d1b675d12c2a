import type { BoundFeatures } from './feature-builder.js'

/** How items become inference calls. */
export interface BatchSettings {
  /** Most items in one call. */
  readonly rows: number
  /** Most padded entries (items × length) in one call of a ragged model: a chunk that stays in the cache. */
  readonly tokens: number
  /**
   * Fixed shapes for bit-equal replays: every call has the same number of slots (`rows`, at most 32) and a length that is a multiple of 16,
   * and holds items of one message only, in order, so that its make-up depends on nothing but that message.
   */
  readonly reproducible: boolean
}

/** The items of one message that a model is to score. */
export interface Part {
  readonly features: BoundFeatures
  readonly items: Int32Array
}

/** One inference call: item `item[s]` of part `part[s]` in slot `s`, padded to `length` entries. */
export interface Chunk {
  readonly part: Int32Array
  readonly item: Int32Array
  /** Items; slots beyond them are empty. */
  readonly count: number
  /** Batch dimension of the call: `count`, or `rows` when shapes are fixed. */
  readonly slots: number
  /** Padded length; 1 for models without a ragged input. */
  readonly length: number
}

const LENGTH_STEP = 16

/** Orders all items by length and cuts them into calls, so that little padding is computed. */
export function plan(parts: readonly Part[], settings: BatchSettings): Chunk[] {
  if (settings.reproducible) return parts.flatMap((part, index) => fixedChunks(part, index, settings))
  const { part, item, length } = ordered(parts)
  const ends = length === null ? evenCuts(item.length, settings.rows) : cutsByLength(length, settings)
  let from = 0
  return ends.map((to) => {
    const longest = length === null ? 1 : Math.max(1, length[to - 1])
    const chunk = { part: part.slice(from, to), item: item.slice(from, to) }
    if (parts.length > 1 && length !== null) groupByPart(chunk.part, chunk.item, parts.length)
    const count = to - from
    from = to
    return { ...chunk, count, slots: count, length: longest }
  })
}

function evenCuts(total: number, rows: number): number[] {
  return Array.from({ length: Math.ceil(total / rows) }, (_, k) => Math.min(total, (k + 1) * rows))
}

/**
 * What a call costs beside its entries, as a share of the largest: of 1,024 entries 28, measured with Transformers on a
 * CPU in calls of 512 and of 1,024. Where calls cost more, as on a GPU, `tokens` is set higher.
 */
const CALL_SHARE = 28 / 1_024

/**
 * Where calls end, so that all entries with their padding and what the calls cost come to the least. The lengths
 * ascend, so the last of a call is what it is padded to; a call ends where the length changes, or full.
 */
function cutsByLength(length: Int32Array, { rows, tokens }: BatchSettings): number[] {
  const total = length.length
  const call = tokens * CALL_SHARE
  const cost = new Float64Array(total + 1).fill(Number.POSITIVE_INFINITY)
  const start = new Int32Array(total + 1)
  const sameUntil = runEnds(length)
  cost[0] = 0
  for (let from = 0; from < total; from++) {
    if (cost[from] === Number.POSITIVE_INFINITY) continue
    for (let at = from, full = false; at < total && !full; at = sameUntil[at]) {
      const width = Math.max(1, length[at])
      const most = from + Math.max(1, Math.min(rows, Math.floor(tokens / width)))
      const to = Math.min(sameUntil[at], most)
      full = most <= sameUntil[at]
      // Not one item of this length has room.
      if (to <= at && at > from) break
      const sum = cost[from] + (to - from) * width + call
      if (sum >= cost[to]) continue
      cost[to] = sum
      start[to] = from
    }
  }
  const ends: number[] = []
  for (let to = total; to > 0; to = start[to]) ends.push(to)
  return ends.reverse()
}

/** For each item, where the run of items of its length ends. */
function runEnds(length: Int32Array): Int32Array {
  const ends = new Int32Array(length.length)
  for (let i = length.length - 1; i >= 0; i--) ends[i] = length[i + 1] === length[i] ? ends[i + 1] : i + 1
  return ends
}

/** All items of all parts, by ascending length (a stable counting sort), parts in order within a length. */
function ordered(parts: readonly Part[]): { part: Int32Array; item: Int32Array; length: Int32Array | null } {
  let total = 0
  for (const { items } of parts) total += items.length
  const part = new Int32Array(total)
  const item = new Int32Array(total)
  const ragged = parts.some(({ features }) => features.lengths !== null)
  if (!ragged) {
    let at = 0
    for (let p = 0; p < parts.length; p++) {
      part.fill(p, at, at + parts[p].items.length)
      item.set(parts[p].items, at)
      at += parts[p].items.length
    }
    return { part, item, length: null }
  }
  let longest = 0
  for (const { features, items } of parts) {
    for (const i of items) longest = Math.max(longest, features.lengths![i])
  }
  const start = new Int32Array(longest + 2)
  for (const { features, items } of parts) for (const i of items) start[features.lengths![i] + 1]++
  for (let l = 1; l < start.length; l++) start[l] += start[l - 1]
  const length = new Int32Array(total)
  for (let p = 0; p < parts.length; p++) {
    const { features, items } = parts[p]
    for (const i of items) {
      const at = start[features.lengths![i]]++
      part[at] = p
      item[at] = i
      length[at] = features.lengths![i]
    }
  }
  return { part, item, length }
}

/** Reorders a chunk in place so that the items of one part are adjacent: builders fill runs. */
function groupByPart(part: Int32Array, item: Int32Array, parts: number): void {
  const start = new Int32Array(parts + 1)
  for (const p of part) start[p + 1]++
  for (let p = 0; p < parts; p++) start[p + 1] += start[p]
  const items = item.slice()
  const owners = part.slice()
  for (let s = 0; s < items.length; s++) {
    const at = start[owners[s]]++
    part[at] = owners[s]
    item[at] = items[s]
  }
}

/** Most slots of a fixed shape: a message fills its last call with empty slots, which cost as much as full ones. */
const FIXED_ROWS = 32

function fixedChunks({ features, items }: Part, index: number, settings: BatchSettings): Chunk[] {
  const chunks: Chunk[] = []
  const rows = Math.min(settings.rows, FIXED_ROWS)
  for (let from = 0; from < items.length; from += rows) {
    const item = items.slice(from, from + rows)
    let longest = 1
    if (features.lengths !== null) for (const i of item) longest = Math.max(longest, features.lengths[i])
    const length = features.lengths === null ? 1 : Math.ceil(longest / LENGTH_STEP) * LENGTH_STEP
    const part = new Int32Array(item.length).fill(index)
    chunks.push({ part, item, count: item.length, slots: rows, length })
  }
  return chunks
}
