import type { ForeignInput, ForeignVariable } from './description.js'

/** One value as the framework normalises it. */
export function transform(
  value: number,
  { subtract, multiply, low, high, replace }: ForeignVariable,
): number {
  const finite = replace === null || Number.isFinite(value) ? value : replace
  const scaled = (finite - subtract) * multiply
  return scaled < low ? low : scaled > high ? high : scaled
}

/**
 * Writes items `items[from..to)` of one input to slots `slot, slot+1, …` of `out`, padded to `length` entries.
 * Of a longer list its first `most` entries are written. `columns` hold one array a variable, in their order; `offsets`
 * are those of the list, `null` for plain inputs.
 */
export function fillInput(
  input: ForeignInput,
  columns: readonly Float32Array[],
  offsets: Int32Array | null,
  items: Int32Array,
  from: number,
  to: number,
  slot: number,
  length: number,
  out: Float32Array,
  most = length,
): void {
  const width = input.variables.length
  const entries = input.ragged ? length : 1
  const [perEntry, perVariable] = input.layout === 'channels' ? [1, entries] : [width, 1]
  for (let v = 0; v < width; v++) {
    const variable = input.variables[v]
    const column = columns[v]
    for (
      let i = from, base = slot * entries * width + v * perVariable;
      i < to;
      i++, base += entries * width
    ) {
      const item = items[i]
      const start = offsets === null ? item : offsets[item]
      const count = offsets === null ? 1 : Math.min(offsets[item + 1] - start, entries, most)
      for (let k = 0; k < count; k++) out[base + k * perEntry] = transform(column[start + k], variable)
      for (let k = count; k < entries; k++) {
        // Wrapping repeats what is already transformed; there is nothing to repeat in an empty list.
        out[base + k * perEntry] =
          input.padMode === 'wrap' && count > 0 ? out[base + (k % count) * perEntry] : variable.pad
      }
    }
  }
}
