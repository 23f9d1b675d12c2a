import { SpillwayError } from '../../errors.js'
import type { ColumnType } from '../columns.js'
import { nearestNames } from '../formats/shared/nearest.js'
import type { SchemaMap } from './schema-map.js'
import type { Built, Source } from './sources.js'

/** Evaluates expressions of derived columns and selections; the expression language lives elsewhere. */
export interface Derive {
  /** Paths of the columns that an expression reads. @throws SpillwayError EXPRESSION_INVALID. */
  reads(expression: string): readonly string[]
  /** One number a value of the columns read, which all have `length` values. */
  evaluate(
    expression: string,
    columns: ReadonlyMap<string, ArrayLike<number>>,
    length: number,
  ): ArrayLike<number>
}

export interface Derived {
  readonly path: string
  readonly axis: string
  readonly type: ColumnType
  readonly unit: undefined
  readonly expression: string
}

/** Checks what is computed: names known, one list at most, the selection one value an event. */
export function planDerived(
  map: SchemaMap,
  sources: readonly Source[],
  place: string,
  derive?: Derive,
): readonly Derived[] {
  const axes = new Map(sources.map(({ path, axis }) => [path, axis]))
  const axisOf = (expression: string, name: string): string => {
    if (derive === undefined)
      throw new SpillwayError(
        'EXPRESSION_INVALID',
        `map ${map.name} computes ${name}, but nothing here can`,
        { place },
      )
    const seen = new Set<string>()
    for (const path of derive.reads(expression)) {
      const axis = axes.get(path)
      if (axis === undefined) {
        const near = nearestNames(path, axes.keys()).join(', ')
        throw new SpillwayError('COLUMN_MISSING', `${name} reads ${path}; the nearest are ${near}`, { place })
      }
      if (axis !== '') seen.add(axis)
    }
    if (seen.size > 1)
      throw new SpillwayError('COLUMN_TYPE', `${name} mixes the lists ${[...seen].join(' and ')}`, { place })
    return [...seen][0] ?? ''
  }
  const derived = Object.entries(map.derived).map(([path, expression]): Derived => {
    const axis = axisOf(expression, path)
    const own = axis === '' ? '' : `${axis}.`
    if (!path.startsWith(own) || (axis === '' && path.split('.')[0] in map.lists))
      throw new SpillwayError('COLUMN_TYPE', `${path} runs along ${axis || 'events'} by its expression`, {
        place,
      })
    axes.set(path, axis)
    return { path, axis, type: 'float32', unit: undefined, expression }
  })
  if (map.select !== undefined && axisOf(map.select, 'select') !== '')
    throw new SpillwayError('COLUMN_TYPE', 'the selection gives one value a list item, not one an event', {
      place,
    })
  return derived
}

/** An expression's values in one batch. */
export function evaluate(
  derive: Derive,
  expression: string,
  axis: string,
  built: ReadonlyMap<string, Built>,
  rows: number,
): Built {
  const reads = derive.reads(expression).map((path) => [path, built.get(path) as Built] as const)
  const offsets = axis === '' ? null : (reads.find(([, one]) => one.offsets !== null)?.[1].offsets ?? null)
  const length = offsets === null ? rows : offsets[rows]
  const columns = new Map(reads.map(([path, one]) => [path, spread(one, offsets)]))
  const values = Float32Array.from(derive.evaluate(expression, columns, length))
  return { data: { kind: 'leaf', values, valid: null }, offsets }
}

/** Numbers of a column; an event's value stands at each item of its list. */
function spread({ data, offsets }: Built, along: Int32Array | null): ArrayLike<number> {
  const { values } = data
  const numbers: ArrayLike<number> =
    values instanceof BigInt64Array || values instanceof BigUint64Array
      ? Float64Array.from(values, Number)
      : values
  if (along === null || offsets !== null) return numbers
  const out = new Float64Array(along[along.length - 1])
  for (let i = 0; i + 1 < along.length; i++) out.fill(numbers[i], along[i], along[i + 1])
  return out
}

/** The rows where a selection holds; NaN does not. */
export function selected(passes: Float32Array): Int32Array {
  const out = new Int32Array(passes.length)
  let count = 0
  for (let i = 0; i < passes.length; i++) if (passes[i] !== 0 && !Number.isNaN(passes[i])) out[count++] = i
  return out.subarray(0, count)
}
