import { type Data, leaf, listOfStructs, type Shape } from '../shared/node.js'
import type { Listing } from '../text/format.js'
import { takeOffsets } from '../text/grow.js'
import { float, integer, records } from '../text/shapes.js'
import { LheEvents, particleDoubles, particleIntegers } from './events.js'

const units: Partial<Readonly<Record<(typeof particleDoubles)[number], string>>> = {
  px: 'GeV',
  py: 'GeV',
  pz: 'GeV',
  energy: 'GeV',
  mass: 'GeV',
  lifetime: 'mm',
}

/** The columns of an LHE file: the event line, `particles`, and the weights by their ids where there are any. */
export function lheShapes(weightIds: readonly string[]): readonly Shape[] {
  const weights: readonly Shape[] =
    weightIds.length === 0
      ? []
      : [{ kind: 'struct', name: 'weights', children: weightIds.map((id) => float(id)) }]
  return [
    integer('process_id'),
    float('weight'),
    float('scale', 'GeV'),
    float('alpha_qed'),
    float('alpha_qcd'),
    records('particles', [
      ...particleIntegers.map(integer),
      ...particleDoubles.map((name) => float(name, units[name])),
    ]),
    ...weights,
  ]
}

/** An empty Les Houches listing. */
export function lheListing(place: string): Listing {
  const events = new LheEvents(place)
  return {
    get rows() {
      return events.rows
    },
    get shapes() {
      return lheShapes(events.weightIds ?? [])
    },
    line: (bytes, from, to, line) => events.line(bytes, from, to, line),
    finish: () => events.finish(),
    take: (rows) => takeColumns(events, rows),
  }
}

function takeColumns(events: LheEvents, rows: number): readonly Data[] {
  const ids = events.weightIds ?? []
  const offsets = takeOffsets(events.particleEnds, rows)
  takeOffsets(events.weightEnds, rows)
  const weights = events.weights.shift(rows * ids.length)
  events.rows -= rows
  return [
    leaf(events.processId.shift(rows)),
    ...[events.weight, events.scale, events.alphaQed, events.alphaQcd].map((column) =>
      leaf(column.shift(rows)),
    ),
    listOfStructs(offsets, [
      ...events.integers.map((column) => leaf(column.shift(offsets[rows]))),
      ...events.doubles.map((column) => leaf(column.shift(offsets[rows]))),
    ]),
    ...(ids.length === 0 ? [] : [weightColumns(weights, ids.length, rows)]),
  ]
}

function weightColumns(weights: Float64Array, count: number, rows: number): Data {
  const children = Array.from({ length: count }, (_, n) => {
    const out = new Float64Array(rows)
    for (let i = 0; i < rows; i++) out[i] = weights[i * count + n]
    return leaf(out)
  })
  return { kind: 'struct', children }
}
