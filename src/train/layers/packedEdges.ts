import { positionsOf, withoutGradient } from '../trace/index.js'
import {
  add,
  cast,
  customGrad,
  div,
  equal,
  expandDims,
  floorDiv,
  gather,
  greaterEqual,
  less,
  logicalAnd,
  maximum,
  mul,
  range,
  reshape,
  scalar,
  sub,
  sum,
  type Tensor,
  where,
} from '../trace/tf.js'
import type { Edges } from './edges.js'
import { type Packing, ranked, rowsAt } from './packing.js'

/** Which rows and edges belong together; int32 but for the last two. */
interface Indices {
  /** [edges]: the row that an edge belongs to. */
  readonly owner: Tensor
  /** [edges]: the row that it comes from. */
  readonly other: Tensor
  /** [rows, k]: the edges that belong to a row, and the number of edges where there is none. */
  readonly slots: Tensor
  /** [rows, k]: the edges that come from a row, likewise. */
  readonly outgoing: Tensor
  /** [rows, 1]: one over the number of edges, or over 1. */
  readonly inverse: Tensor
  /** The number of edges, a scalar. */
  readonly count: Tensor
}

/**
 * The edges that there are and no others, [edges, features], between the rows of real tokens. Sums over the edges of a row
 * are gathers, and so are gradients: no update is ever added to another in place.
 *
 * @param positions [batch, length, k]: positions within the event of the neighbours of each token, −1 for none. Each is
 * named once, and neighbours are mutual: whoever is a neighbour of a token has that token among its own. Edges to padding
 * are left out.
 */
export function packedEdges(positions: Tensor, packing: Packing): Edges {
  const { owner, other, slots, outgoing, inverse, count } = indicesOf(positions, packing)
  return {
    sums: customGrad((...args) => {
      const [own, theirs, save] = args as unknown as [Tensor, Tensor, (tensors: Tensor[]) => void]
      save([slots, outgoing])
      const value = add(gather(own, owner as never), gather(theirs, other as never))
      const gradFunc = (dy: Tensor, [mine, from]: Tensor[]) => [total(dy, mine), total(dy, from)]
      return { value, gradFunc }
    }),
    means: customGrad((...args) => {
      const [edges, save] = args as unknown as [Tensor, (tensors: Tensor[]) => void]
      save([owner, inverse])
      const gradFunc = (dy: Tensor, [at, share]: Tensor[]) => gather(mul(dy, share), at as never)
      return { value: mul(total(edges, slots), inverse), gradFunc }
    }),
    real: count,
    points: packing.count,
  }
}

/** Sums of the rows of x at indices [n, k] over k. */
const total = (x: Tensor, indices: Tensor): Tensor => sum(rowsAt(x, indices), 1)

function indicesOf(positions: Tensor, { places, events, rows }: Packing): Indices {
  const [batch, length, k] = positions.shape as number[]
  const count = places.shape[0] as number
  const [owner, other, slots, outgoing, inverse, edgeCount] = withoutGradient(() => {
    const given = gather(reshape(positions, [batch * length, k]), places as never)
    const start = expandDims(mul(events, scalar(length, 'int32')), 1)
    const place = add(cast(maximum(given, 0), 'int32'), start)
    const found = gather(reshape(rows, [batch * length]), place as never)
    const rest = scalar(count, 'int32')
    const valid = logicalAnd(greaterEqual(given, 0), less(found, rest))
    const neighbours = where(valid, found, rest)

    const flags = reshape(valid, [count * k])
    const edges = positionsOf(flags)
    const none = edges.shape[0]
    const slots = reshape(ranked(flags, none), [count, k])
    const owner = floorDiv(edges, scalar(k, 'int32'))
    const other = gather(reshape(neighbours, [count * k]), edges)

    // What comes from a row belongs to its neighbours, which name the row: there is one such edge for each neighbour.
    const itself = reshape(range(0, count, 1, 'int32'), [count, 1, 1])
    const back = equal(rowsAt(neighbours, neighbours, count), itself)
    const theirs = sub(rowsAt(slots, neighbours, none), scalar(none, 'int32'))
    const outgoing = add(sum(mul(cast(back, 'int32'), theirs), 2), scalar(none, 'int32'))

    const degree = sum(cast(valid, 'float32'), 1, true)
    return [owner, other, slots, outgoing, div(1, maximum(degree, 1)), sum(degree)]
  })
  return { owner, other, slots, outgoing, inverse, count: edgeCount }
}
