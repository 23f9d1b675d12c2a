import type { OnnxGraph, OnnxNode, ValueInfo } from './proto/model.js'
import { type ElementType, elementType, type TensorData } from './proto/tensor.js'
import type { Monomial, SizeExpression } from './sizes.js'

/** Where a dynamic axis can be read: an input, or what a node gives, and one of its dimensions. */
export interface AxisSource {
  readonly input: string
  readonly dimension: number
}

export type AxisSources = Readonly<Record<string, AxisSource>>

/** Collects the nodes and constants of one graph; constants and size computations are made once. */
export class GraphBuilder {
  readonly #nodes: OnnxNode[] = []
  readonly #initializers: OnnxGraph['initializers'][number][] = []
  readonly #names = new Map<string, string>()
  readonly #arrays = new Map<ArrayLike<number>, string>()
  readonly #axes: Map<string, AxisSource>
  #counter = 0

  constructor(axes: AxisSources) {
    this.#axes = new Map(Object.entries(axes))
  }

  /** From here on an axis can be read that only the data of a run tell. */
  addAxis(name: string, source: AxisSource): void {
    this.#axes.set(name, source)
  }

  add(node: OnnxNode): void {
    this.#nodes.push(node)
  }

  scalar(value: number, dtype: ElementType): string {
    const key = `${dtype} ${Object.is(value, -0) ? '-0' : value}`
    return this.#once(key, () => this.#initializer(dtype, [], [value]))
  }

  vector(values: readonly number[]): string {
    return this.#once(`vector ${values}`, () => this.#initializer('int64', [values.length], values))
  }

  /** A constant array; the same array object is stored once however often it is used. */
  array(data: ArrayLike<number>, shape: readonly number[], dtype: ElementType): string {
    const known = this.#arrays.get(data)
    const key = `${dtype}[${shape}]`
    if (known?.startsWith(`${key} `)) return known.slice(key.length + 1)
    const name = this.#initializer(dtype, shape, data)
    this.#arrays.set(data, `${key} ${name}`)
    return name
  }

  /** An int64 vector of sizes, computed at run time where they are dynamic. */
  sizeVector(expressions: readonly SizeExpression[]): string {
    if (expressions.every((e) => e.terms.length === 0)) return this.vector(expressions.map((e) => e.constant))
    const parts = expressions.map((e) => (e.terms.length === 0 ? this.vector([e.constant]) : this.#size(e)))
    if (parts.length === 1) return parts[0]
    return this.#once(`concat ${parts}`, () => this.#node('Concat', parts, { axis: 0 }))
  }

  /** A scalar that depends on the sizes. */
  sizeScalar({ constant, terms }: SizeExpression, dtype: ElementType): string {
    const parts = terms.map(({ factor, monomial }) => {
      const product = this.#scalarMonomial(monomial, dtype)
      return factor === 1 ? product : this.#op('Mul', product, this.scalar(factor, dtype))
    })
    const sum = parts.reduce((a, b) => this.#op('Add', a, b))
    return constant === 0 ? sum : this.#op('Add', sum, this.scalar(constant, dtype))
  }

  graph(name: string, inputs: readonly ValueInfo[], outputs: readonly ValueInfo[]): OnnxGraph {
    return { name, nodes: this.#nodes, initializers: this.#initializers, inputs, outputs }
  }

  #size({ constant, terms }: SizeExpression): string {
    const parts = terms.map(({ factor, monomial }) => {
      const product = this.#vectorMonomial(monomial)
      return factor === 1 ? product : this.#op('Mul', product, this.vector([factor]))
    })
    const sum = parts.reduce((a, b) => this.#op('Add', a, b))
    return constant === 0 ? sum : this.#op('Add', sum, this.vector([constant]))
  }

  #vectorMonomial(monomial: Monomial): string {
    const factors = Object.entries(monomial).flatMap(([axis, power]) =>
      new Array<string>(power).fill(this.#axis(axis)),
    )
    return factors.reduce((a, b) => this.#op('Mul', a, b))
  }

  #scalarMonomial(monomial: Monomial, dtype: ElementType): string {
    const powers = (sign: number) =>
      Object.entries(monomial).flatMap(([axis, power]) =>
        new Array<string>(Math.max(0, sign * power)).fill(this.#axisScalar(axis, dtype)),
      )
    const [above, below] = [powers(1), powers(-1)]
    const over = above.length === 0 ? this.scalar(1, dtype) : above.reduce((a, b) => this.#op('Mul', a, b))
    return below.length === 0
      ? over
      : this.#op(
          'Div',
          over,
          below.reduce((a, b) => this.#op('Mul', a, b)),
        )
  }

  /** The size of a dynamic axis as an int64 vector of length one. */
  #axis(axis: string): string {
    const { input, dimension } = this.#axes.get(axis)!
    return this.#once(`axis ${axis}`, () =>
      this.#node('Shape', [input], { start: dimension, end: dimension + 1 }),
    )
  }

  #axisScalar(axis: string, dtype: ElementType): string {
    return this.#once(`axis ${axis} ${dtype}`, () => {
      const scalar = this.#node('Squeeze', [this.#axis(axis)])
      return this.#node('Cast', [scalar], { to: elementType[dtype] })
    })
  }

  #op(op: string, a: string, b: string): string {
    return this.#once(`${op} ${a} ${b}`, () => this.#node(op, [a, b]))
  }

  #node(op: string, inputs: string[], attributes: OnnxNode['attributes'] = {}): string {
    const name = `size_${this.#counter++}`
    this.#nodes.push({ op, inputs, outputs: [name], attributes })
    return name
  }

  #initializer(dtype: ElementType, dims: readonly number[], data: TensorData): string {
    const name = `constant_${this.#counter++}`
    this.#initializers.push({ name, dtype, dims, data })
    return name
  }

  #once(key: string, make: () => string): string {
    const known = this.#names.get(key)
    if (known !== undefined) return known
    const name = make()
    this.#names.set(key, name)
    return name
  }
}
