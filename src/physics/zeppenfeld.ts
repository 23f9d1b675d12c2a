import { type Column, commonLength } from './columns.js'

/**
 * Zeppenfeld variable of a system X between two tagging jets: |y_X − (y_j1 + y_j2) / 2|
 * (Rainwater, Szalapski, Zeppenfeld, hep-ph/9605444). Pseudorapidities give η^Zepp, rapidities y*.
 * Without two jets (NaN) it is NaN.
 */
export function zeppenfeld(system: Column, jet1: Column, jet2: Column): Float64Array {
  const length = commonLength('zeppenfeld', { system, jet1, jet2 })
  const out = new Float64Array(length)
  for (let i = 0; i < length; i++) out[i] = Math.abs(system[i] - 0.5 * (jet1[i] + jet2[i]))
  return out
}

/**
 * {@link zeppenfeld} over the distance of the jets, |y_X − mean| / |y_j1 − y_j2|: ½ where X lies on a jet.
 */
export function zeppenfeldScaled(system: Column, jet1: Column, jet2: Column): Float64Array {
  return zeppenfeld(system, jet1, jet2).map((z, i) => z / Math.abs(jet1[i] - jet2[i]))
}
