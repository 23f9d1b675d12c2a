import { CATEGORIES, categories } from '../../physics/selection/h4l-categories.js'
import { selectJets } from '../../physics/selection/h4l-jets.js'
import { CHANNELS, FOUR_LEPTON_CUTS, pairLeptons } from '../../physics/selection/h4l-pairing.js'
import { columnName, type ObjectLists, type Selection } from './selection.js'
import { floats, momentaOf, nameColumn, numberColumn, positionColumn } from './values.js'

/** Masses of the four leptons that belong to the signal region, GeV (arXiv:2004.03447, section 5). */
const SIGNAL_REGION: readonly [number, number] = [115, 130]

/**
 * H → ZZ* → 4ℓ: the selection and pairing of `pairLeptons`, then the signal region in m4l; jets by `selectJets`,
 * categories by `categories`. Events in which a quadruplet passes all but the last cut have the derived columns.
 */
export function fourLeptonSelection({ leptons, jets }: ObjectLists): Selection {
  const momenta = ['pt', 'eta', 'phi', 'mass']
  const number = (name: string) => ({ name, type: 'float64' as const, unit: 'GeV' })
  const position = (name: string) => ({ name, type: 'int32' as const })
  return {
    reads: [
      ...[...momenta, 'charge', 'pdg_id'].map((name) => ({ path: `${leptons}.${name}` })),
      ...momenta.map((name) => ({ path: `${jets}.${name}` })),
    ],
    cuts: [...FOUR_LEPTON_CUTS.map(columnName), 'm4l_window'],
    derived: [
      ...['m12', 'm34', 'm4l', 'pt4l', 'mjj'].map(number),
      ...['lepton1', 'antilepton1', 'lepton2', 'antilepton2', 'jet1', 'jet2', 'n_jets'].map(position),
      { name: 'channel', type: 'utf8' },
      { name: 'category', type: 'utf8' },
    ],
    evaluate(events) {
      const p4 = momentaOf(events, leptons)
      const charge = floats(events, `${leptons}.charge`)
      const pdgId = floats(events, `${leptons}.pdg_id`)
      const offsets = events.offsets(leptons)
      const jetOffsets = events.offsets(jets)
      const q = pairLeptons({ ...p4, charge, pdgId }, offsets)
      const jet = selectJets(momentaOf(events, jets), jetOffsets, p4, q)
      const category = categories({ jets: jet.count, channel: q.channel, pt4l: q.pt4l, mjj: jet.mjj })
      const [low, high] = SIGNAL_REGION
      const there = (values: Float64Array) => values.map((x, row) => (q.mask[row] === 1 ? x : Number.NaN))
      const counts = { axis: '', type: 'int32' as const, values: jet.count, valid: q.mask.slice() }
      return {
        masks: [
          ...FOUR_LEPTON_CUTS.map((_, k) => q.passed.map((passed) => (passed > k ? 1 : 0))),
          Uint8Array.from(q.m4l, (m) => (m > low && m < high ? 1 : 0)),
        ],
        columns: new Map([
          ...Object.entries({ m12: q.m12, m34: q.m34, m4l: q.m4l, pt4l: q.pt4l, mjj: there(jet.mjj) }).map(
            ([name, values]) => [name, numberColumn(values)] as const,
          ),
          ...(['lepton1', 'antilepton1', 'lepton2', 'antilepton2'] as const).map(
            (name) => [name, positionColumn(q[name], offsets)] as const,
          ),
          ['jet1', positionColumn(only(q.mask, jet.leading), jetOffsets)],
          ['jet2', positionColumn(only(q.mask, jet.second), jetOffsets)],
          ['n_jets', counts],
          ['channel', nameColumn(q.channel, CHANNELS)],
          ['category', nameColumn(category, CATEGORIES)],
        ]),
      }
    },
  }
}

const only = (mask: Uint8Array, elements: Int32Array): Int32Array =>
  elements.map((i, row) => (mask[row] === 1 ? i : -1))
