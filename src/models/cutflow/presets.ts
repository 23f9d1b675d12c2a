import { fiducialPhaseSpace, generatorPhaseSpace } from '../../physics/selection/z-jets.js'
import { fourLeptonSelection } from './h4l.js'
import type { ObjectLists, Selection } from './selection.js'
import { zJetsSelection } from './z-jets.js'

/** The selections that a pipeline can name. */
export const PRESETS = ['zjets-generator', 'zjets-fiducial', 'h4l'] as const

export type Preset = (typeof PRESETS)[number]

const makers: Readonly<Record<Preset, (lists: ObjectLists) => Selection>> = {
  'zjets-generator': (lists) => zJetsSelection(generatorPhaseSpace, lists),
  'zjets-fiducial': (lists) => zJetsSelection(fiducialPhaseSpace, lists),
  h4l: fourLeptonSelection,
}

export const presetSelection = (preset: Preset, lists: ObjectLists): Selection => makers[preset](lists)
