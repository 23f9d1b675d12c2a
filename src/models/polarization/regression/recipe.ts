import { fileURLToPath } from 'node:url'
import { type Events, float32 } from '../../../ingest/columns.js'
import { rootMeanSquare, rSquared } from '../../../train/metrics.js'
import type { Labels, Recipe, Task } from '../../../train/recipe.js'
import type { ScoreTable } from '../../../train/score-table.js'
import { numberRead } from '../../feature-builder.js'
import { nearPole } from '../poles.js'
import { featuresOf, INITIAL } from './inputs.js'
import { fractionsNetwork } from './network.js'
import { Options } from './options.js'
import { AUXILIARY, auxiliaryOf, dijets, phaseSpaces, SAMPLES } from './samples.js'
import { polarizationRegression } from './system.js'

/** What figures are made of; with two jets at least, those of the pair too. */
const QUANTITIES = ['boson_pt', 'initial_channel', 'lepton_pt', 'lepton_eta', 'jet_pt', 'jet_eta', 'fiducial']
const DIJET = ['m_jj', 'deta_jj']
/** Initial states in which the quark, or antiquark, is the parton along +z and the other one a gluon. */
const QUARK_ALONG_Z = new Set([0, 2])

/** Regression of polarisation fractions on Sherpa's polarised weights (Grossi et al., arXiv:2306.07726). */
export const recipe: Recipe<Options> = {
  system: polarizationRegression.id,
  title: polarizationRegression.title,
  options: Options,
  data: [fileURLToPath(new URL('../../../../demo/data/zj.arrow', import.meta.url))],
  presets: {
    quick: {
      recipe: { network: { kind: 'mlp', widths: [128, 128, 128, 128] } },
      fit: { epochs: 30, batch: 256, learning_rate: 5e-3, optimizer: { weight_decay: 0.1 } },
    },
    full: {
      recipe: { network: { kind: 'mlp', widths: [256, 256, 256, 256] } },
      fit: { epochs: 80, batch: 512, learning_rate: 5e-3, optimizer: { weight_decay: 0.1 }, patience: 25 },
    },
  },
  task,
}

function task(options: Options): Task {
  const { frame, boson, pole, neutrinos, loss } = options
  const sample = SAMPLES[boson]
  const suffix = frame === 'lab' ? '' : `_${frame}`
  const truth = ['r_l', 'r_t'].map((name) => `${sample.fractions}${name}${suffix}`)
  const { auxiliary } = loss
  const beside =
    auxiliary === 'none'
      ? []
      : auxiliary === 'neutrino-pz'
        ? ['pt', 'eta'].map((name) => numberRead(`${neutrinos}.${name}`, neutrinos))
        : ['eta', 'mass'].map((name) => numberRead(`${wOf(boson)}${name}`, ''))
  return {
    ...featuresOf(options),
    labelReads: [
      ...[...truth, 'weight', `${sample.boson}pt`, INITIAL].map((path) => numberRead(path, '')),
      ...(pole === null ? [] : Object.keys(sample.poles).map((path) => numberRead(path, ''))),
      ...beside,
    ],
    targets: {
      fractions: ['r_l', 'r_t'],
      ...(auxiliary !== 'none' && { auxiliary: AUXILIARY[auxiliary] }),
    },
    classes: ['events'],
    extras: [...QUANTITIES, ...(sample.jets > 1 ? DIJET : [])],
    label: (events) => label(events, options, truth),
    network: (statistics) => fractionsNetwork(options.network, loss, statistics),
    outputs: [{ name: 'fractions', columns: ['r_l', 'r_t'] }],
    metrics: (table) => metrics(inPhaseSpace(table, options.phase_space)),
  }
}

const wOf = (boson: Options['boson']): string => (boson === 'w' ? 'truth.w_' : 'truth.v1_')

/** Scored events of a phase space. */
export function inPhaseSpace(table: ScoreTable, space: Options['phase_space']): ScoreTable {
  if (space === 'generator') return table
  const fiducial = table.column('fiducial')
  return table.where((row) => fiducial[row] === 1)
}

function metrics(table: ScoreTable): Record<string, number> {
  const weights = table.column('weight')
  return Object.fromEntries(
    ['r_l', 'r_t'].flatMap((name) => {
      const [target, score] = [table.column(`target.${name}`), table.column(`score.${name}`)]
      return [
        [`r2_${name}`, rSquared(target, score, weights)],
        [`rms_${name}`, rootMeanSquare(target, score, weights)],
      ]
    }),
  )
}

function label(events: Events, options: Options, truth: readonly string[]): Labels {
  const { boson, phase_space, pole, loss, neutrinos } = options
  const sample = SAMPLES[boson]
  const [rL, rT] = truth.map((path) => float32(events, path))
  const initial = float32(events, INITIAL)
  const { generator, fiducial } = phaseSpaces(events, boson, options)
  const trained = phase_space === 'fiducial' ? fiducial : generator
  const near = nearPole(events, sample.poles, pole)
  const wanted = options.channels === null ? null : new Set(options.channels)
  const first = (path: string, list: string): Float32Array => {
    const [values, offsets] = [float32(events, path), events.offsets(list)]
    return Float32Array.from({ length: events.rows }, (_, row) =>
      offsets[row + 1] > offsets[row] ? values[offsets[row]] : Number.NaN,
    )
  }
  const jetEta = first(`${options.jets}.eta`, options.jets)
  const isAlong = {
    any: () => true,
    incoming: (row: number) => QUARK_ALONG_Z.has(initial[row]),
    outgoing: (row: number) => jetEta[row] > 0,
  }[options.quark_pz]
  return {
    keep: generator.map((pass, row) => {
      const isIn = pass === 1 && near[row] === 1 && isAlong(row) && (wanted?.has(initial[row]) ?? true)
      return isIn ? (trained[row] === 1 ? 1 : 2) : 0
    }),
    targets: {
      fractions: Float32Array.from({ length: 2 * events.rows }, (_, i) => (i % 2 === 0 ? rL : rT)[i >> 1]),
      ...(loss.auxiliary !== 'none' && {
        auxiliary: auxiliaryOf(events, loss.auxiliary, wOf(boson), neutrinos),
      }),
    },
    weights: float32(events, 'weight'),
    classes: new Uint8Array(events.rows),
    extras: {
      boson_pt: float32(events, `${sample.boson}pt`),
      initial_channel: initial,
      lepton_pt: first(`${options.leptons}.pt`, options.leptons),
      lepton_eta: first(`${options.leptons}.eta`, options.leptons),
      jet_pt: first(`${options.jets}.pt`, options.jets),
      jet_eta: jetEta,
      fiducial: Float32Array.from(fiducial),
      ...(sample.jets > 1 && dijets(events, options.jets)),
    },
  }
}
