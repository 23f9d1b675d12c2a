import { PairKinematics } from '../../physics/pairs/pair-kinematics.js'
import { leading, nthLeading } from '../../physics/selection/leading.js'
import { type ZJetsPhaseSpace, zJetsCuts } from '../../physics/selection/z-jets.js'
import { columnName, type ObjectLists, type Selection } from './selection.js'
import { floats, momentaOf, numberColumn, positionColumn } from './values.js'

/**
 * A phase space of Z + jets: the cuts of `zJetsCuts`, and of the two leptons of largest pT mass, pT and rapidity
 * (`m_ll`, `pt_ll`, GeV, `y_ll`), and where the leptons and the jet of largest pT stand in their lists.
 */
export function zJetsSelection(space: ZJetsPhaseSpace, { leptons, jets }: ObjectLists): Selection {
  const kinematics = new PairKinematics()
  const paths = (list: string, names: readonly string[]) => names.map((name) => ({ path: `${list}.${name}` }))
  return {
    reads: [...paths(leptons, ['pt', 'eta', 'phi', 'mass']), ...paths(jets, ['pt', 'eta', 'phi'])],
    cuts: cutNames(space),
    derived: [
      { name: 'm_ll', type: 'float64', unit: 'GeV' },
      { name: 'pt_ll', type: 'float64', unit: 'GeV' },
      { name: 'y_ll', type: 'float64' },
      { name: 'lepton1', type: 'int32' },
      { name: 'lepton2', type: 'int32' },
      { name: 'lead_jet', type: 'int32' },
    ],
    evaluate(events) {
      const p4 = momentaOf(events, leptons)
      const column = (name: string) => floats(events, `${jets}.${name}`)
      const jet = { pt: column('pt'), eta: column('eta'), phi: column('phi') }
      const leptonOffsets = events.offsets(leptons)
      const jetOffsets = events.offsets(jets)
      const cuts = zJetsCuts({ leptons: p4, leptonOffsets, jets: jet, jetOffsets }, space)
      const two = leading(p4.pt, leptonOffsets, 2)
      const [first, second] = [nthLeading(two, 2, 0), nthLeading(two, 2, 1)]
      const pair = kinematics.compute(p4, first, second)
      return {
        masks: cuts.map(({ mask }) => mask),
        columns: new Map([
          ['m_ll', numberColumn(pair.mass)],
          ['pt_ll', numberColumn(pair.pt)],
          ['y_ll', numberColumn(pair.rapidity)],
          ['lepton1', positionColumn(first, leptonOffsets)],
          ['lepton2', positionColumn(second, leptonOffsets)],
          ['lead_jet', positionColumn(leading(jet.pt, jetOffsets, 1), jetOffsets)],
        ]),
      }
    },
  }
}

/** The names that `zJetsCuts` gives, learned from no events at all. */
function cutNames(space: ZJetsPhaseSpace): string[] {
  const none = new Float64Array()
  const nothing = { pt: none, eta: none, phi: none, mass: none }
  const offsets = Int32Array.of(0)
  const events = { leptons: nothing, leptonOffsets: offsets, jets: nothing, jetOffsets: offsets }
  return zJetsCuts(events, space).map(({ name }) => columnName(name))
}
