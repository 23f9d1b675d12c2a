import type { ClusterHistory } from '#spillway/physics/jets/history.js'

export type FastjetColumn =
  | 'parent1'
  | 'parent2'
  | 'delta'
  | 'jetOffsets'
  | 'jetNode'
  | 'jetPt'
  | 'jetMass'
  | 'lundOffsets'
  | 'lund'

export const FASTJET_COLUMNS: readonly FastjetColumn[]

export interface Comparison {
  readonly lists: number
  readonly steps: number
  readonly jets: number
  readonly splittings: number
  readonly different: { readonly history: number; readonly jets: number; readonly lund: number }
  readonly worst: { readonly pt: number; readonly mass: number; readonly lund: number }
}

export function compareWithFastjet(
  history: ClusterHistory,
  theirs: Readonly<Record<FastjetColumn, Float64Array>>,
): Comparison
