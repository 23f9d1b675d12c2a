import type { ColumnType, Values } from './columns.js'
import type { Data, LeafData, Shape } from './formats/shared/node.js'

export interface ColumnSummary {
  readonly path: string
  readonly axis: string
  readonly type: ColumnType
  readonly unit: string | undefined
  readonly values: number
  readonly nulls: number
  readonly notFinite: number
  /** `null` where there is no finite number. */
  readonly least: number | null
  readonly most: number | null
  /** Counts of finite values in equal bins from `least` to `most`. */
  readonly histogram: readonly number[]
}

/** Collects what is seen of one column; keeps at most a million values for the histogram. */
export class Summary {
  readonly #axis: string
  readonly #type: ColumnType
  readonly #kept: Float64Array[] = []
  #count = 0
  #nulls = 0
  #notFinite = 0
  #least = Number.POSITIVE_INFINITY
  #most = Number.NEGATIVE_INFINITY
  #keptCount = 0

  constructor(axis: string, type: ColumnType) {
    this.#axis = axis
    this.#type = type
  }

  add({ values, valid, ends }: LeafData): void {
    const count = ends === undefined ? values.length : ends.length - 1
    this.#count += count
    if (valid !== null) for (let i = 0; i < count; i++) this.#nulls += valid[i] === 0 ? 1 : 0
    if (ends !== undefined) return
    const numbers = numbersOf(values)
    for (let i = 0; i < count; i++) {
      const value = numbers[i]
      if (valid !== null && valid[i] === 0) continue
      if (!Number.isFinite(value)) this.#notFinite++
      else {
        if (value < this.#least) this.#least = value
        if (value > this.#most) this.#most = value
      }
    }
    if (this.#keptCount < 1_000_000) {
      this.#kept.push(Float64Array.from(numbers))
      this.#keptCount += count
    }
  }

  result(path: string, unit: string | undefined, bins: number): ColumnSummary {
    const [least, most] = [this.#least, this.#most]
    const any = least <= most
    const histogram = new Array<number>(any ? bins : 0).fill(0)
    const scale = most > least ? bins / (most - least) : 0
    for (const part of this.#kept) {
      for (const value of part) {
        if (Number.isFinite(value) && any)
          histogram[Math.min(bins - 1, Math.floor((value - least) * scale))]++
      }
    }
    return {
      path,
      axis: this.#axis,
      type: this.#type,
      unit,
      values: this.#count,
      nulls: this.#nulls,
      notFinite: this.#notFinite,
      least: any ? least : null,
      most: any ? most : null,
      histogram,
    }
  }
}

const numbersOf = (values: Values): ArrayLike<number> =>
  values instanceof BigInt64Array || values instanceof BigUint64Array
    ? Float64Array.from(values, Number)
    : values

/** Adds the values of a column, and of all below it, to the summaries of their paths. */
export function summarise(
  shape: Shape,
  path: string,
  data: Data,
  out: Map<string, Summary>,
  axis = '',
): void {
  if (shape.kind === 'leaf' && data.kind === 'leaf') {
    const summary = out.get(path) ?? new Summary(axis, shape.type)
    out.set(path, summary)
    summary.add(data)
  } else if (shape.kind === 'list' && data.kind === 'list') summarise(shape.item, path, data.item, out, path)
  else if (shape.kind === 'struct' && data.kind === 'struct') {
    shape.children.forEach((child, i) => {
      summarise(child, `${path}.${child.name}`, data.children[i], out, axis)
    })
  }
}
