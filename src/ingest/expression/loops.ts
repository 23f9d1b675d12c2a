import type { ArithmeticOp, CompareOp } from './syntax.js'

/** Numbers with NaN for null. At least as long as the loop that reads them. */
export type Numbers = Float64Array | Float32Array

type TwoColumns<Out> = (a: Numbers, b: Numbers, out: Out, n: number) => void
type WithConstant<Out> = (a: Numbers, c: number, out: Out, n: number) => void

interface ArithmeticLoops {
  readonly columns: TwoColumns<Float64Array>
  readonly right: WithConstant<Float64Array>
  /** The constant is the left operand. */
  readonly left: WithConstant<Float64Array>
}

interface CompareLoops {
  readonly columns: TwoColumns<Uint8Array>
  readonly right: WithConstant<Uint8Array>
}

// A loop an operator and form: the operator is then known where the loop is compiled, no call an item is left.

const plus: WithConstant<Float64Array> = (a, c, out, n) => {
  for (let i = 0; i < n; i++) out[i] = a[i] + c
}

const times: WithConstant<Float64Array> = (a, c, out, n) => {
  for (let i = 0; i < n; i++) out[i] = a[i] * c
}

export const arithmetic: Readonly<Record<ArithmeticOp, ArithmeticLoops>> = {
  '+': {
    columns: (a, b, out, n) => {
      for (let i = 0; i < n; i++) out[i] = a[i] + b[i]
    },
    right: plus,
    left: plus,
  },
  '-': {
    columns: (a, b, out, n) => {
      for (let i = 0; i < n; i++) out[i] = a[i] - b[i]
    },
    right: (a, c, out, n) => {
      for (let i = 0; i < n; i++) out[i] = a[i] - c
    },
    left: (a, c, out, n) => {
      for (let i = 0; i < n; i++) out[i] = c - a[i]
    },
  },
  '*': {
    columns: (a, b, out, n) => {
      for (let i = 0; i < n; i++) out[i] = a[i] * b[i]
    },
    right: times,
    left: times,
  },
  '/': {
    columns: (a, b, out, n) => {
      for (let i = 0; i < n; i++) out[i] = a[i] / b[i]
    },
    right: (a, c, out, n) => {
      for (let i = 0; i < n; i++) out[i] = a[i] / c
    },
    left: (a, c, out, n) => {
      for (let i = 0; i < n; i++) out[i] = c / a[i]
    },
  },
}

/**
 * NaN compares false in every way, `!=` included. `Number(…)` of a condition compiles without a branch, which the
 * processor would often guess wrong.
 */
export const compare: Readonly<Record<CompareOp, CompareLoops>> = {
  '<': {
    columns: (a, b, out, n) => {
      for (let i = 0; i < n; i++) out[i] = Number(a[i] < b[i])
    },
    right: (a, c, out, n) => {
      for (let i = 0; i < n; i++) out[i] = Number(a[i] < c)
    },
  },
  '<=': {
    columns: (a, b, out, n) => {
      for (let i = 0; i < n; i++) out[i] = Number(a[i] <= b[i])
    },
    right: (a, c, out, n) => {
      for (let i = 0; i < n; i++) out[i] = Number(a[i] <= c)
    },
  },
  '>': {
    columns: (a, b, out, n) => {
      for (let i = 0; i < n; i++) out[i] = Number(a[i] > b[i])
    },
    right: (a, c, out, n) => {
      for (let i = 0; i < n; i++) out[i] = Number(a[i] > c)
    },
  },
  '>=': {
    columns: (a, b, out, n) => {
      for (let i = 0; i < n; i++) out[i] = Number(a[i] >= b[i])
    },
    right: (a, c, out, n) => {
      for (let i = 0; i < n; i++) out[i] = Number(a[i] >= c)
    },
  },
  '==': {
    columns: (a, b, out, n) => {
      for (let i = 0; i < n; i++) out[i] = Number(a[i] === b[i])
    },
    right: (a, c, out, n) => {
      for (let i = 0; i < n; i++) out[i] = Number(a[i] === c)
    },
  },
  '!=': {
    columns: (a, b, out, n) => {
      for (let i = 0; i < n; i++) out[i] = Number(a[i] < b[i]) | Number(a[i] > b[i])
    },
    right: (a, c, out, n) => {
      for (let i = 0; i < n; i++) out[i] = Number(a[i] < c) | Number(a[i] > c)
    },
  },
}

/** `c op x` is `x flipped(op) c`. */
export const flipped: Readonly<Record<CompareOp, CompareOp>> = {
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  '==': '==',
  '!=': '!=',
}
