import { linearEdges } from '../../../report/histogram.js'
import type { Boson } from './samples.js'

/** A quantity of the recipe on an axis. */
export interface KinematicAxis {
  readonly title: string
  readonly column: string
  readonly axis: string
  readonly edges: readonly number[]
}

const JETS = [10, 15, 20, 30, 40, 60, 80, 120, 200]
/** Scattered bosons are harder than those that recoil from one jet, and softer ones are not cut away. */
const SCATTERING = [0, 20, 40, 60, 80, 120, 160, 200, 300, 500]

/** Name and bins of the pT that closures run along, GeV. */
export const alongPt = (boson: Boson): { readonly name: string; readonly edges: readonly number[] } => ({
  name: boson.endsWith('w') ? 'pT(W)' : 'pT(Z)',
  edges: boson.startsWith('wz') ? SCATTERING : JETS,
})

/** What events of one kind are shown by. */
export function kinematicAxes(boson: Boson): readonly KinematicAxis[] {
  const isScattering = boson.startsWith('wz')
  const pt = (low: number, jets: number, scattering: number): number[] =>
    linearEdges(isScattering ? 0 : low, isScattering ? scattering : jets, 30)
  return [
    { title: 'Boson', column: 'boson_pt', axis: `${alongPt(boson).name} [GeV]`, edges: pt(10, 160, 450) },
    {
      title: 'Leading lepton: pT',
      column: 'lepton_pt',
      axis: 'pT(leading lepton) [GeV]',
      edges: pt(0, 150, 300),
    },
    {
      title: 'Leading lepton: direction',
      column: 'lepton_eta',
      axis: 'η(leading lepton)',
      edges: linearEdges(-5, 5, 40),
    },
    { title: 'Leading jet: pT', column: 'jet_pt', axis: 'pT(jet) [GeV]', edges: pt(10, 160, 450) },
    { title: 'Leading jet: direction', column: 'jet_eta', axis: 'η(jet)', edges: linearEdges(-5, 5, 40) },
    ...(isScattering
      ? [
          {
            title: 'Two jets: mass',
            column: 'm_jj',
            axis: 'm(jj) [GeV]',
            edges: linearEdges(200, 3200, 30),
          },
          { title: 'Two jets: angle', column: 'deta_jj', axis: '|Δη(j, j)|', edges: linearEdges(0, 8, 32) },
        ]
      : []),
  ]
}
