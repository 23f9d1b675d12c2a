import { unreadable } from '../shared/damage.js'
import type { Data, Shape } from '../shared/node.js'
import { leafValues, type Stretch } from './column.js'
import type { LeafPlan } from './schema.js'

/**
 * Builds a column of events with lists in lists from the level streams of its leaves. Lists that are null become empty; the leaves of one
 * list must agree on its offsets.
 *
 * @throws SpillwayError FILE_UNREADABLE when they do not.
 */
export function assemble(
  shape: Shape,
  leaves: readonly LeafPlan[],
  stretches: readonly Stretch[],
  rows: number,
  place: string,
): Data {
  let next = 0
  const build = (node: Shape, depth: number, around: readonly Int32Array[], first: Stretch): Data => {
    if (node.kind === 'struct') {
      return { kind: 'struct', children: node.children.map((child) => build(child, depth, around, first)) }
    }
    if (node.kind === 'list') {
      const offsets = listOffsets(stretches[next], leaves[next], depth, around.at(-1)?.at(-1) ?? rows)
      return {
        kind: 'list',
        offsets,
        item: build(node.item, depth + 1, [...around, offsets], stretches[next]),
      }
    }
    const [leaf, stretch] = [leaves[next], stretches[next]]
    next++
    checkOffsets(stretch, leaf, first, around, rows, place)
    return leafValues(stretch, leaf, around.at(-1)?.at(-1) ?? rows)
  }
  return build(shape, 0, [], stretches[0])
}

/** Offsets of the list at `depth`, from the levels of one leaf below it. */
function listOffsets(
  { rep, def, entries }: Stretch,
  leaf: LeafPlan,
  depth: number,
  lists: number,
): Int32Array {
  const offsets = new Int32Array(lists + 1)
  const here = leaf.itemDef[depth]
  const parent = depth === 0 ? 0 : leaf.itemDef[depth - 1]
  let [list, items] = [0, 0]
  if (def === null) {
    for (let i = 0; i < entries; i++) {
      if (rep[i] <= depth) offsets[list++] = items
      if (rep[i] <= depth + 1) items++
    }
  } else {
    for (let i = 0; i < entries; i++) {
      if (rep[i] <= depth && def[i] >= parent) offsets[list++] = items
      if (rep[i] <= depth + 1 && def[i] >= here) items++
    }
  }
  offsets.fill(items, list)
  return offsets
}

const same = (a: Uint8Array | null, b: Uint8Array | null): boolean =>
  a === b || (a !== null && b !== null && Buffer.compare(a, b) === 0)

/** `first` is the leaf whose offsets were taken. */
function checkOffsets(
  stretch: Stretch,
  leaf: LeafPlan,
  first: Stretch,
  around: readonly Int32Array[],
  rows: number,
  place: string,
): void {
  if (around.length === 0) {
    if (stretch.entries !== rows)
      throw unreadable(`column ${leaf.path} has ${stretch.entries} rows of ${rows}`, place)
    return
  }
  if (same(stretch.rep, first.rep) && same(stretch.def, first.def)) return
  for (let depth = 0; depth < around.length; depth++) {
    const lists = around[depth].length - 1
    const own = listOffsets(stretch, leaf, depth, lists)
    for (let i = 0; i <= lists; i++) {
      if (own[i] !== around[depth][i])
        throw unreadable(`column ${leaf.path} has lists of other lengths`, place)
    }
  }
}
