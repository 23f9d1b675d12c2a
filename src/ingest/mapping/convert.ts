import type { ColumnType, Values } from '../columns.js'
import type { LeafData } from '../formats/shared/node.js'
import { allocate, type NumberType } from '../typed-arrays.js'

/** Values times `factor` in another type. The same data when nothing changes. */
export function convertLeaf(data: LeafData, from: ColumnType, to: ColumnType, factor: number): LeafData {
  if (from === to && factor === 1) return data
  return { kind: 'leaf', values: convertValues(data.values, to as NumberType, factor), valid: data.valid }
}

function convertValues(values: Values, to: NumberType, factor: number): Values {
  const numbers: ArrayLike<number> = isBig(values) ? Float64Array.from(values, Number) : values
  const out = allocate(to, values.length)
  if (isBig(out)) {
    for (let i = 0; i < out.length; i++)
      out[i] = isBig(values) && factor === 1 ? values[i] : BigInt(Math.round(numbers[i] * factor))
    return out
  }
  if (to === 'bool') for (let i = 0; i < out.length; i++) out[i] = numbers[i] === 0 ? 0 : 1
  else for (let i = 0; i < out.length; i++) out[i] = numbers[i] * factor
  return out
}

const isBig = (values: Values): values is BigInt64Array | BigUint64Array =>
  values instanceof BigInt64Array || values instanceof BigUint64Array
