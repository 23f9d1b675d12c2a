import { SpillwayError } from '../../errors.js'
import type { Item, Value } from './ir.js'
import { placeOf } from './site.js'
import type { Trace } from './trace.js'

/** The items that the outputs need, by id, in recording order. */
export function liveItems(outputs: readonly Value[]): Set<number> {
  const live = new Set<number>()
  const pending = outputs.map((value) => value.item)
  while (pending.length > 0) {
    const item = pending.pop()!
    if (live.has(item.id)) continue
    live.add(item.id)
    if (item.kind !== 'node') continue
    for (const input of item.inputs) if (input) pending.push(input.item)
  }
  return new Set([...live].sort((a, b) => a - b))
}

/**
 * Checks that traces at several sizes are the same program: the same items in the same order.
 * Throws TRACE_DATA_READ naming the first operation where they part, for control flow that depends on a size.
 */
export function checkAligned(traces: readonly Trace[]): void {
  const [first, ...others] = traces
  for (const other of others) {
    const length = Math.max(first.items.length, other.items.length)
    for (let i = 0; i < length; i++) {
      const a = first.items[i]
      const b = other.items[i]
      if (a === undefined || b === undefined || !alike(a, b)) throw parted(a, b)
    }
  }
}

function alike(a: Item, b: Item): boolean {
  if (a.kind === 'node' && b.kind === 'node') {
    return (
      a.op === b.op &&
      a.inputs.length === b.inputs.length &&
      a.inputs.every((input, i) => input?.item.id === b.inputs[i]?.item.id)
    )
  }
  return a.kind === b.kind
}

function parted(a: Item | undefined, b: Item | undefined): SpillwayError {
  const name = (item: Item | undefined) =>
    item === undefined ? 'the end' : item.kind === 'node' ? item.op : `a ${item.kind}`
  const item = a ?? b
  return new SpillwayError(
    'TRACE_DATA_READ',
    `The traced function does something else at another size: ${name(a)} at one, ${name(b)} at another.`,
    {
      place: item && placeOf(item.site),
      remedy:
        'Do not branch or loop over a dynamic axis in JavaScript; use tensor operations along the axis.',
    },
  )
}

/** An error about one item, at the place in the traced function where it was recorded. */
export function unsupportedItem(item: Item, message: string): SpillwayError {
  return new SpillwayError('TRACE_UNSUPPORTED', message, { place: placeOf(item.site) })
}
