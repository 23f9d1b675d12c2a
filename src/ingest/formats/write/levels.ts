/** Levels as one bit-packed run of Parquet's hybrid, `width` (1 to 8) bits each. */
export function packLevels(levels: Uint8Array, width: number): Uint8Array {
  if (levels.length === 0) return new Uint8Array(0)
  const groups = (levels.length + 7) >> 3
  const head = varint(groups * 2 + 1)
  const out = new Uint8Array(head.length + groups * width)
  out.set(head)
  for (let i = 0, bit = head.length * 8; i < levels.length; i++, bit += width) {
    const value = levels[i] << (bit & 7)
    out[bit >> 3] |= value
    if (value > 255) out[(bit >> 3) + 1] |= value >> 8
  }
  return out
}

function varint(value: number): number[] {
  const out: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128)
  return [...out, rest]
}

/** Repetition and definition levels of one leaf over a batch, and the stored values' validity. */
export interface Levels {
  readonly rep: Uint8Array | null
  readonly def: Uint8Array
  readonly maxRep: number
  readonly maxDef: number
}

/** Levels of a leaf below lists that are never null: one level of definition a list, one for the leaf. */
export function levelsOf(lists: readonly Int32Array[], valid: Uint8Array | null, rows: number): Levels {
  let rep: Uint8Array = new Uint8Array(rows)
  let def: Uint8Array = new Uint8Array(rows)
  // Which entries stand for an item of the innermost list so far; empty lists leave an entry without one.
  let there: Uint8Array = new Uint8Array(rows).fill(1)
  for (let depth = 0; depth < lists.length; depth++) {
    const offsets = lists[depth]
    const items = offsets[offsets.length - 1]
    const lengths = offsets.length - 1
    let empty = 0
    for (let i = 0; i < lengths; i++) if (offsets[i + 1] === offsets[i]) empty++
    const total = items + empty + (there.length - lengths)
    const [nextRep, nextDef, nextThere] = [
      new Uint8Array(total),
      new Uint8Array(total),
      new Uint8Array(total),
    ]
    let out = 0
    for (let entry = 0, list = 0; entry < there.length; entry++) {
      const count = there[entry] === 1 ? offsets[list + 1] - offsets[list] : 0
      if (there[entry] === 1) list++
      nextRep[out] = rep[entry]
      nextDef[out] = count > 0 ? depth + 1 : def[entry]
      nextThere[out] = count > 0 ? 1 : 0
      out++
      for (let i = 1; i < count; i++, out++) {
        nextRep[out] = depth + 1
        nextDef[out] = depth + 1
        nextThere[out] = 1
      }
    }
    ;[rep, def, there] = [nextRep, nextDef, nextThere]
  }
  for (let entry = 0, item = 0; entry < there.length; entry++) {
    if (there[entry] === 1) def[entry] += valid === null || valid[item++] === 1 ? 1 : 0
  }
  return { rep: lists.length === 0 ? null : rep, def, maxRep: lists.length, maxDef: lists.length + 1 }
}
