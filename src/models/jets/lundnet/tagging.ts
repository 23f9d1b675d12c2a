import { type WorkingPoint, workingPoints } from '../../../report/roc.js'
import type { ReportedRun } from '../../../report/run-report.js'
import { inSplit, type ScoreTable } from '../../../train/score-table.js'
import type { Options } from './recipe.js'

const ORIGINS = ['QCD', 'W', 'Z', 'H→bb', 'H→cc', 'top']
/** Signal efficiency at which the next stage takes over. */
export const WORKING_POINT = 0.5

export const optionsOf = ({ config }: ReportedRun): Options => config.recipe as Options

export const originName = (code: number): string => ORIGINS[code] ?? `origin ${code}`

export const names = (run: ReportedRun, kind: 'signal' | 'background'): string =>
  optionsOf(run)[kind].map(originName).join(', ')

/** Test items of some origins. */
export function jets(run: ReportedRun, codes: readonly number[]): ScoreTable {
  const table = inSplit(run.table, 'test')
  const origin = table.column('origin')
  return table.where((row) => codes.includes(origin[row]))
}

export const scoreOf = (run: ReportedRun, table: ScoreTable): Float64Array =>
  table.column(`score.${optionsOf(run).output}`)

/** Working points of signal against some origins; the background that was trained on unless given. */
export function pointsOf(
  run: ReportedRun,
  efficiencies: readonly number[],
  against: readonly number[] = optionsOf(run).background,
): WorkingPoint[] {
  const { signal } = optionsOf(run)
  return workingPoints(scoreOf(run, jets(run, signal)), scoreOf(run, jets(run, against)), efficiencies)
}

/** The cut that keeps half of the signal. */
export const cutOf = (run: ReportedRun): number => pointsOf(run, [WORKING_POINT])[0].cut

/** Background origins, each by itself, then those that are only looked at, as far as the sample has them. */
export const others = (run: ReportedRun): number[] => {
  const { background, spectators } = optionsOf(run)
  return [...background, ...spectators].filter((code) => jets(run, [code]).rows > 0)
}

/** What a cut on a mass alone does, whatever the score. */
export interface MassCut {
  readonly name: string
  readonly efficiency: number
  readonly rejection: number
  readonly error: number
}

/** Masses that cuts keep, GeV: a window around the W mass, and below the point between W and Z (the source's cut). */
const MASS_CUTS = [
  { name: 'soft-drop mass 65 to 105 GeV', column: 'sd_mass', range: [65, 105] },
  { name: 'mass below 88 GeV', column: 'mass', range: [0, 88] },
  { name: 'soft-drop mass below 88 GeV', column: 'sd_mass', range: [0, 88] },
] as const

export function massCuts(run: ReportedRun, against: readonly number[]): MassCut[] {
  const { signal } = optionsOf(run)
  return MASS_CUTS.map(({ name, column, range: [low, high] }) => {
    const [kept, fakes] = [signal, against].map((codes) => {
      const mass = jets(run, codes).column(column)
      return { passed: mass.filter((m) => m >= low && m < high).length, all: mass.length }
    })
    const share = fakes.passed / fakes.all
    return {
      name,
      efficiency: kept.passed / kept.all,
      rejection: 1 / share,
      error: Math.sqrt((1 - share) / (share * fakes.all)) / share,
    }
  })
}
