import { z } from 'zod'

const ends = {
  from: z.number().describe('Smallest value.'),
  to: z.number().describe('Largest value.'),
}
export const DimensionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('uniform').describe('A number between two.'), ...ends }),
  z.strictObject({
    kind: z.literal('log').describe('A number between two, evenly in its logarithm.'),
    from: z.number().positive().describe('Smallest value.'),
    to: z.number().positive().describe('Largest value.'),
  }),
  z.strictObject({
    kind: z.literal('int').describe('A whole number from one to another.'),
    from: z.int().describe('Smallest value.'),
    to: z.int().describe('Largest value.'),
  }),
  z.strictObject({
    kind: z.literal('choice').describe('One of some values.'),
    values: z.array(z.unknown()).min(2).describe('The values.'),
  }),
  z.strictObject({ kind: z.literal('fixed').describe('Not searched: takes a default out of the space.') }),
])
type AnyDimension = z.infer<typeof DimensionSchema>
export type Dimension = Exclude<AnyDimension, { kind: 'fixed' }>

/** Hyper-parameters by their key in the run's configuration. */
export type Space = Readonly<Record<string, Dimension>>

/** A place in a space: a number in [0, 1] for each dimension, the index for a choice. */
export type Point = Readonly<Record<string, number>>

/** The dimensions that are searched. */
export const searched = (space: Readonly<Record<string, AnyDimension>>): Space =>
  Object.fromEntries(
    Object.entries(space).filter((entry): entry is [string, Dimension] => entry[1].kind !== 'fixed'),
  )

/** The value of a dimension at a coordinate. */
export function valueAt(dimension: Dimension, x: number): unknown {
  if (dimension.kind === 'choice') return dimension.values[x]
  const { kind, from, to } = dimension
  if (kind === 'int') return Math.min(to, from + Math.floor(x * (to - from + 1)))
  return rounded(kind === 'log' ? from * (to / from) ** x : from + (to - from) * x)
}

/** Six digits: more would only make configurations hard to read. */
const rounded = (value: number): number => Number(value.toPrecision(6))

/** The coordinate of a value; undefined where the dimension does not reach it. */
export function coordinateOf(dimension: Dimension, value: unknown): number | undefined {
  if (dimension.kind === 'choice') {
    const index = dimension.values.findIndex((one) => JSON.stringify(one) === JSON.stringify(value))
    return index < 0 ? undefined : index
  }
  if (typeof value !== 'number') return undefined
  const { kind, from, to } = dimension
  const x =
    kind === 'int'
      ? (value - from + 0.5) / (to - from + 1)
      : kind === 'log'
        ? Math.log(value / from) / Math.log(to / from)
        : (value - from) / (to - from)
  return x >= 0 && x <= 1 ? x : undefined
}

/** A configuration with the values of a point put in. */
export function configured<T extends object>(config: T, space: Space, point: Point): T {
  return Object.entries(point).reduce(
    (now, [path, x]) => withValue(now, path.split('.'), valueAt(space[path], x)) as T,
    config,
  )
}

/** The point of a configuration; undefined where the space does not reach it. */
export function pointOf(config: object, space: Space): Point | undefined {
  const entries = Object.entries(space).map(
    ([path, dimension]) => [path, coordinateOf(dimension, at(config, path.split('.')))] as const,
  )
  return entries.some(([, x]) => x === undefined) ? undefined : (Object.fromEntries(entries) as Point)
}

const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value)

function withValue(value: unknown, [key, ...rest]: readonly string[], end: unknown): unknown {
  if (key === undefined) return end
  const inner = (value ?? {}) as Record<string, unknown>
  return { ...inner, [key]: withValue(inner[key], rest, end) }
}
