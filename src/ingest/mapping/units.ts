import { SpillwayError } from '../../errors.js'

/** Each unit by its dimension and its size in GeV, mm, rad or ns. */
const units: Readonly<Record<string, readonly [string, number]>> = {
  eV: ['energy', 1e-9],
  keV: ['energy', 1e-6],
  MeV: ['energy', 1e-3],
  GeV: ['energy', 1],
  TeV: ['energy', 1e3],
  um: ['length', 1e-3],
  mm: ['length', 1],
  cm: ['length', 10],
  m: ['length', 1000],
  rad: ['angle', 1],
  mrad: ['angle', 1e-3],
  deg: ['angle', Math.PI / 180],
  ns: ['time', 1],
  ps: ['time', 1e-3],
  s: ['time', 1e9],
}

export const unitNames: readonly string[] = Object.keys(units)

/** What a value in `from` is multiplied by to be in `to`. @throws SpillwayError COLUMN_UNIT. */
export function unitFactor(from: string, to: string, place: string): number {
  if (from === to) return 1
  const [a, b] = [units[from], units[to]]
  if (a === undefined || b === undefined || a[0] !== b[0])
    throw new SpillwayError('COLUMN_UNIT', `${from} cannot be turned into ${to}`, { place })
  return a[1] / b[1]
}
