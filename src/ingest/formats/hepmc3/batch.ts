import { type Data, leaf, listOfStructs, type Shape } from '../shared/node.js'
import type { Listing } from '../text/format.js'
import { type Doubles, takeOffsets } from '../text/grow.js'
import { float, integer, records } from '../text/shapes.js'
import { HepMC3Events, momenta, scalars } from './events.js'

const p4 = momenta.map((name) => float(name, 'GeV'))

const units: Partial<Readonly<Record<(typeof scalars)[number], string>>> = {
  cross_section: 'pb',
  cross_section_error: 'pb',
  event_scale: 'GeV',
  pdf_scale: 'GeV',
}

/**
 * The columns of a HepMC3 file. `weight` is the first weight; named weights are members of `weights`, others a list.
 * `parent` of a particle is its production vertex (negative), its one mother's number (positive, from 1), or 0;
 * `end_vertex` is the vertex it enters, its own number where that vertex is implicit, or 0.
 */
export function hepmc3Shapes(names: readonly string[]): readonly Shape[] {
  const weights: Shape =
    names.length > 0
      ? { kind: 'struct', name: 'weights', children: names.map((name) => float(name)) }
      : { kind: 'list', name: 'weights', item: float('item') }
  return [
    { kind: 'leaf', name: 'event', type: 'int64' },
    float('weight'),
    weights,
    ...scalars.map((name) => float(name, units[name])),
    records('particles', [
      integer('pid'),
      integer('status'),
      ...p4,
      integer('parent'),
      integer('end_vertex'),
    ]),
    records('final', [integer('pid'), ...p4]),
    records('vertices', [
      integer('id'),
      integer('status'),
      ...['x', 'y', 'z', 't'].map((name) => float(name, 'mm')),
    ]),
  ]
}

/** An empty HepMC3 listing. */
export function hepmc3Listing(place: string): Listing {
  const events = new HepMC3Events(place)
  return {
    get rows() {
      return events.rows
    },
    get shapes() {
      return hepmc3Shapes(events.names ?? [])
    },
    line: (bytes, from, to, line) => events.line(bytes, from, to, line),
    finish: () => events.finish(),
    take: (rows) => takeColumns(events, rows),
  }
}

function takeColumns(events: HepMC3Events, rows: number): readonly Data[] {
  const numbers = BigInt64Array.from(events.numbers.shift(rows), BigInt)
  const weightOffsets = takeOffsets(events.weightEnds, rows)
  const weights = events.weights.shift(weightOffsets[rows])
  const singles = scalars.map((name) => leaf((events.scalars.get(name) as Doubles).shift(rows)))
  const particleOffsets = takeOffsets(events.particleEnds, rows)
  const particles = particleOffsets[rows]
  const finalOffsets = takeOffsets(events.finalEnds, rows)
  const finals = finalOffsets[rows]
  const vertexOffsets = takeOffsets(events.vertexEnds, rows)
  const vertices = vertexOffsets[rows]
  events.rows -= rows
  return [
    leaf(numbers),
    leaf(firstOf(weights, weightOffsets)),
    namedWeights(weights, weightOffsets, events.names ?? []),
    ...singles,
    listOfStructs(particleOffsets, [
      leaf(events.pid.shift(particles)),
      leaf(events.status.shift(particles)),
      ...events.p4.map((column) => leaf(column.shift(particles))),
      leaf(events.parent.shift(particles)),
      leaf(events.endVertex.shift(particles)),
    ]),
    listOfStructs(finalOffsets, [
      leaf(events.finalPid.shift(finals)),
      ...events.finalP4.map((column) => leaf(column.shift(finals))),
    ]),
    listOfStructs(vertexOffsets, [
      leaf(events.vertexId.shift(vertices)),
      leaf(events.vertexStatus.shift(vertices)),
      ...events.position.map((column) => leaf(column.shift(vertices))),
    ]),
  ]
}

function firstOf(weights: Float64Array, offsets: Int32Array): Float64Array {
  const out = new Float64Array(offsets.length - 1).fill(1)
  for (let i = 0; i < out.length; i++) if (offsets[i + 1] > offsets[i]) out[i] = weights[offsets[i]]
  return out
}

function namedWeights(weights: Float64Array, offsets: Int32Array, names: readonly string[]): Data {
  if (names.length === 0) return { kind: 'list', offsets, item: leaf(weights) }
  const rows = offsets.length - 1
  const children = names.map((_, n) => {
    const out = new Float64Array(rows).fill(Number.NaN)
    for (let i = 0; i < rows; i++)
      if (offsets[i + 1] - offsets[i] === names.length) out[i] = weights[offsets[i] + n]
    return leaf(out)
  })
  return { kind: 'struct', children }
}
