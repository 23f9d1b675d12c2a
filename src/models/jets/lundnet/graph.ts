import {
  type Edges,
  type Neighbours,
  packed,
  packedEdges,
  packing,
  paddedEdges,
  pooled,
  pooledRows,
} from '../../../train/layers/index.js'
import type { Tensors } from '../../../train/trace/index.js'
import { cast, greaterEqual, maximum, type Tensor } from '../../../train/trace/tf.js'

/** The Lund graphs of a batch of jets, in whatever layout. */
export interface Graphs {
  /** [...splittings, features], as the builder `lund-graph` writes them. */
  readonly nodes: Tensor
  readonly edges: Edges
  /** From numbers of splittings [...splittings, c] to those of jets [n, c]; zeros for a jet without splittings. */
  readonly pool: (kind: 'mean' | 'max', x: Tensor) => Tensor
}

/**
 * From what a scorer feeds (`nodes`, `neighbours` with positions or −1, `mask`): the splittings of all jets one after another,
 * and the edges that there are. Training costs what its splittings cost, whatever the longest jet of a mini-batch.
 */
export function packedGraphs(batch: Tensors): Graphs {
  const places = packing(batch['mask'])
  return {
    nodes: packed(batch['nodes'], places),
    edges: packedEdges(batch['neighbours'], places),
    pool: (kind, x) => pooledRows(kind, x, places),
  }
}

/** The same with padding, jet by jet: plain operators that every provider has. */
export function paddedGraphs({ nodes, neighbours, mask }: Tensors): Graphs {
  return {
    nodes,
    edges: paddedEdges(neighboursOf(neighbours), mask),
    pool: (kind, x) => pooled(kind, x, mask),
  }
}

/** Positions as a scorer feeds them, −1 for none, as the neighbours of an EdgeConv. */
function neighboursOf(positions: Tensor): Neighbours {
  const valid = cast(greaterEqual(positions, 0), 'float32')
  return { indices: cast(maximum(positions, 0), 'int32'), valid }
}
