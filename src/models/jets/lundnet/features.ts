import { z } from 'zod'
import { type Events, float32 } from '../../../ingest/columns.js'
import { fromPtEtaPhiE } from '../../../physics/convert.js'
import { Clusterer } from '../../../physics/jets/clusterer.js'
import { cambridgeAachen, WHOLE_JET } from '../../../physics/jets/definition.js'
import { type LundSplittings, lundTree } from '../../../physics/jets/lund.js'
import {
  type BoundFeatures,
  type FeatureBuilder,
  type FeatureFactory,
  numberRead,
} from '../../feature-builder.js'
import { parseOptions } from '../../options.js'

const Options = z.strictObject({
  constituents: z.string().default('constituents'),
  /** Splittings with a smaller ln(kT/GeV) are passed over; all are taken when absent. */
  ln_kt_min: z.number().optional(),
  max_length: z.int().positive().max(512).default(128),
  /** Columns of the jet that come along as they stand, in a tensor `jet`. */
  jet: z.array(z.string()).default([]),
})
type Options = z.infer<typeof Options>

const FEATURES = 5
/** The splitting that a splitting came from, and up to two that come next. */
const NEIGHBOURS = 3
/** Floors of ln(kT/GeV) and ln(m/GeV) (1 MeV), and of ln Δ: below, only rounding tells splittings apart. */
const FLOOR_ENERGY = Math.log(1e-3)
const FLOOR_ANGLE = Math.log(1e-4)

/**
 * The Lund graph of a jet (Dreyer, Qu, arXiv:2012.08526): its constituents are clustered with Cambridge/Aachen and taken
 * apart again; every splitting is a node. `nodes` [n, t, 5] = ln(kT/GeV), ln Δ, z, ψ, ln(m/GeV), in depth-first order with
 * the harder branch first; `neighbours` [n, t, 3] = positions of the splitting it came from and of the next ones on its
 * two branches, −1 for none; `mask` [n, t]. A jet of fewer than two constituents has no node; one with a constituent that
 * is not finite gets NaN, so that it is refused and not scored without it. With the option `jet` also `jet` [n, k], the
 * values of those columns.
 * `constituents` is a list (one jet a row), or nested in a list of jets, whose entries are then the items.
 */
export const lundGraphFeatures: FeatureFactory = (raw) => {
  const options = parseOptions(Options, raw, 'lund-graph')
  const { constituents, max_length, jet } = options
  const dot = constituents.lastIndexOf('.')
  const axis = dot < 0 ? '' : constituents.slice(0, dot)
  const builder: FeatureBuilder = {
    id: 'lund-graph',
    version: 1,
    axis,
    reads: [
      numberRead(`${constituents}.pt`, constituents, 'GeV'),
      numberRead(`${constituents}.eta`, constituents),
      numberRead(`${constituents}.phi`, constituents, 'rad'),
      numberRead(`${constituents}.energy`, constituents, 'GeV'),
      ...jet.map((path) => numberRead(path, axis)),
    ],
    tensors: [
      { name: 'nodes', shape: ['n', 't', FEATURES] },
      { name: 'neighbours', shape: ['n', 't', NEIGHBOURS] },
      { name: 'mask', shape: ['n', 't'] },
      ...(jet.length === 0 ? [] : [{ name: 'jet', shape: ['n', jet.length], components: jet } as const]),
    ],
    maxLength: max_length,
    bind: (events) => bind(events, options),
  }
  return builder
}

function bind(events: Events, { constituents, ln_kt_min, max_length, jet }: Options): BoundFeatures {
  const tree = splittings(events, constituents, ln_kt_min)
  const { offsets, lnKt, lnDelta, z: share, psi, lnM } = tree
  const graph = neighboursOf(tree, max_length)
  const items = offsets.length - 1
  const broken = brokenJets(events, constituents)
  const known = jet.map((path) => float32(events, path))
  const lengths = Int32Array.from({ length: items }, (_, i) =>
    Math.max(broken[i], Math.min(offsets[i + 1] - offsets[i], max_length)),
  )
  return {
    items,
    lengths,
    fill(chosen, from, to, slot, length, [nodes, neighbours, mask, besides]) {
      for (let i = from, s = slot; i < to; i++, s++) {
        const item = chosen[i]
        const first = offsets[item]
        const count = Math.min(lengths[item], length, offsets[item + 1] - first)
        let at = s * length * FEATURES
        for (let k = first; k < first + count; k++, at += FEATURES) {
          nodes[at] = Math.max(lnKt[k], FLOOR_ENERGY)
          nodes[at + 1] = Math.max(lnDelta[k], FLOOR_ANGLE)
          nodes[at + 2] = share[k]
          nodes[at + 3] = psi[k]
          nodes[at + 4] = Math.max(lnM[k], FLOOR_ENERGY)
        }
        nodes.fill(0, at, (s + 1) * length * FEATURES)
        if (broken[item] === 1) nodes.fill(Number.NaN, s * length * FEATURES, (s + 1) * length * FEATURES)
        const row = s * length
        neighbours.set(graph.subarray(first * NEIGHBOURS, (first + count) * NEIGHBOURS), row * NEIGHBOURS)
        neighbours.fill(-1, (row + count) * NEIGHBOURS, (row + length) * NEIGHBOURS)
        mask.fill(1, row, row + count)
        mask.fill(0, row + count, row + length)
        for (let k = 0; k < known.length; k++) besides[s * known.length + k] = known[k][item]
      }
    },
  }
}

/** 1 for a jet with a constituent that is not finite: clustering would leave it out without a word. */
function brokenJets(events: Events, constituents: string): Uint8Array {
  const offsets = events.offsets(constituents)
  const columns = ['pt', 'eta', 'phi', 'energy'].map((name) => float32(events, `${constituents}.${name}`))
  return Uint8Array.from({ length: offsets.length - 1 }, (_, jet) => {
    let sum = 0
    for (const column of columns) for (let k = offsets[jet]; k < offsets[jet + 1]; k++) sum += column[k] * 0
    return sum === 0 ? 0 : 1
  })
}

function splittings(events: Events, constituents: string, lnKtMin: number | undefined): LundSplittings {
  const column = (name: string): Float32Array => float32(events, `${constituents}.${name}`)
  const p4 = fromPtEtaPhiE({
    pt: column('pt'),
    eta: column('eta'),
    phi: column('phi'),
    energy: column('energy'),
  })
  const offsets = events.offsets(constituents)
  const history = new Clusterer().cluster(p4, offsets, cambridgeAachen(WHOLE_JET))
  return lundTree(history, lnKtMin === undefined ? {} : { minKt: Math.exp(lnKtMin) })
}

/** Neighbours of each splitting within its jet; those beyond `most` are cut off, and edges to them too. */
function neighboursOf({ offsets, parent }: LundSplittings, most: number): Float32Array {
  const out = new Float32Array(parent.length * NEIGHBOURS).fill(-1)
  for (let jet = 0; jet + 1 < offsets.length; jet++) {
    const first = offsets[jet]
    const end = Math.min(offsets[jet + 1], first + most)
    for (let k = first; k < end; k++) {
      const from = parent[k]
      if (from < 0) continue
      out[k * NEIGHBOURS] = from
      // Depth-first: a splitting's first child is on the harder branch unless that one ends.
      const mother = (first + from) * NEIGHBOURS
      out[out[mother + 1] < 0 ? mother + 1 : mother + 2] = k - first
    }
  }
  return out
}
