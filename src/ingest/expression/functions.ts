/** A function of numbers, applied value by value. NaN (null) in gives NaN out, or false for a condition. */
export interface NumberFunction {
  readonly name: string
  /** Parameter names, as the documentation shows them. */
  readonly parameters: readonly string[]
  /** Takes any number of arguments from two on, folded from the left. */
  readonly variadic?: boolean
  readonly result: 'number' | 'bool'
  readonly says: string
  readonly of: (x: number, y: number, z: number) => number
}

const unary = (name: string, says: string, of: (x: number) => number): NumberFunction => ({
  name,
  parameters: ['x'],
  result: 'number',
  says,
  of,
})

/** The functions of numbers. docs/expressions.md has the same list; a test compares the two. */
export const numberFunctions: readonly NumberFunction[] = [
  unary('abs', 'absolute value', Math.abs),
  unary('sqrt', 'square root; null below 0', Math.sqrt),
  unary('exp', 'e to the power x', Math.exp),
  unary('ln', 'natural logarithm; null below 0', Math.log),
  unary('log10', 'logarithm to base 10; null below 0', Math.log10),
  unary('sin', 'sine of an angle in rad', Math.sin),
  unary('cos', 'cosine of an angle in rad', Math.cos),
  unary('tan', 'tangent of an angle in rad', Math.tan),
  unary('sinh', 'hyperbolic sine', Math.sinh),
  unary('cosh', 'hyperbolic cosine', Math.cosh),
  unary('tanh', 'hyperbolic tangent', Math.tanh),
  {
    name: 'isfinite',
    parameters: ['x'],
    result: 'bool',
    says: 'neither null nor infinite',
    of: (x) => (Number.isFinite(x) ? 1 : 0),
  },
  {
    name: 'pow',
    parameters: ['x', 'y'],
    result: 'number',
    says: 'x to the power y',
    // ECMAScript says NaN ** 0 is 1; here a null stays null.
    of: (x, y) => (Number.isNaN(x) ? Number.NaN : x ** y),
  },
  {
    name: 'atan2',
    parameters: ['y', 'x'],
    result: 'number',
    says: 'angle of the point (x, y), in rad',
    of: Math.atan2,
  },
  {
    name: 'hypot',
    parameters: ['x', 'y'],
    result: 'number',
    says: 'square root of x² + y²',
    of: (x, y) => Math.sqrt(x * x + y * y),
  },
  {
    name: 'deltaphi',
    parameters: ['a', 'b'],
    result: 'number',
    says: 'azimuthal difference a − b in (−π, π]',
    of: deltaPhi,
  },
  {
    name: 'clamp',
    parameters: ['x', 'low', 'high'],
    result: 'number',
    says: 'x, but at least low and at most high',
    of: (x, low, high) => Math.min(Math.max(x, low), high),
  },
  {
    name: 'min',
    parameters: ['x', 'y'],
    variadic: true,
    result: 'number',
    says: 'the smallest of two or more values',
    of: (x, y) => Math.min(x, y),
  },
  {
    name: 'max',
    parameters: ['x', 'y'],
    variadic: true,
    result: 'number',
    says: 'the largest of two or more values',
    of: (x, y) => Math.max(x, y),
  },
]

/** Functions of any type, which the checker knows by name. */
export const otherFunctions = [
  { name: 'where', parameters: ['condition', 'a', 'b'], says: 'a where the condition holds, else b' },
  { name: 'isnull', parameters: ['x'], says: 'true where x is missing or NaN' },
] as const

function deltaPhi(a: number, b: number): number {
  const turn = 2 * Math.PI
  const d = a - b
  return d - turn * Math.ceil(d / turn - 0.5)
}
