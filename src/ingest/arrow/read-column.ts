import type { Column, Values } from '../columns.js'
import type { Plan, PlanNode } from './plan.js'
import { expandBits, numbers, type Selection, select, selectionOf, validity } from './selection.js'
import type { Part } from './stream.js'
import { type Codes, readCodes, readStrings } from './strings.js'

/** The column of a leaf in one record batch; values are shared with the batch where they lie together. */
export function readColumn(part: Part, plan: Plan, leaf: PlanNode): Column {
  const { raw } = part
  const selection = selectionOf(raw, plan, leaf.axis)
  const valid = validity(raw, leaf, selection)
  const type = leaf.columnType!
  const { axis } = leaf
  if (type === 'utf8') return readText(part, leaf, selection, valid)
  const values: Values =
    type === 'bool'
      ? expandBits(raw, raw.firstBuffer[leaf.index] + 1, selection)
      : select(numbers(raw, leaf, type), selection)
  if (valid === null) return { axis, type, values, valid }
  return { axis, type, values: blank(values, valid), valid }
}

/** A copy with NaN, or 0, where values are null: what lies there is undefined. */
function blank(values: Values, valid: Uint8Array): Values {
  const out = values.slice() as Values
  const nothing = out instanceof BigInt64Array || out instanceof BigUint64Array ? 0n : 0
  const filler = out instanceof Float32Array || out instanceof Float64Array ? Number.NaN : nothing
  for (let i = 0; i < valid.length; i++) if (valid[i] === 0) out[i] = filler
  return out
}

function readText(part: Part, leaf: PlanNode, selection: Selection, valid: Uint8Array | null): Column {
  const { raw } = part
  const { axis } = leaf
  if (leaf.field.dictionary === null) {
    const { codes, dictionary } = encode(readStrings(raw, leaf), selection)
    return { axis, type: 'utf8', values: valid === null ? codes : blank(codes, valid), valid, dictionary }
  }
  const codes: Codes = select(readCodes(raw, leaf), selection)
  const dictionary = part.dictionaries.get(leaf.field.dictionary.id) ?? []
  return { axis, type: 'utf8', values: valid === null ? codes : blank(codes, valid), valid, dictionary }
}

function encode(strings: readonly string[], selection: Selection) {
  const codes = new Int32Array(selection.count)
  const known = new Map<string, number>()
  for (let i = 0; i < selection.count; i++) {
    const string = strings[selection.index === null ? selection.first + i : selection.index[i]]
    const code = known.get(string) ?? known.size
    if (code === known.size) known.set(string, code)
    codes[i] = code
  }
  return { codes, dictionary: [...known.keys()] }
}
