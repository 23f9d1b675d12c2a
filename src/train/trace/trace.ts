import type { InputItem, Item, NodeItem, Value } from './ir.js'
import type { Attribute } from './proto/model.js'
import type { ElementType } from './proto/tensor.js'
import type { Point } from './sizes.js'

export interface OutputSpec {
  readonly dtype: ElementType
  readonly shape: readonly number[]
}

export interface NodeDetail {
  readonly attributes?: Readonly<Record<string, Attribute>>
  readonly domain?: string
}

export interface TraceOptions {
  /** Whether nodes of ONNX Runtime's own domain (com.microsoft: FusedMatMul, Gelu) may be used. */
  readonly contrib: boolean
  /** Whether to note where each item was recorded. Costs more than all else; for runs that explain an error. */
  readonly sites: boolean
}

// Distributes over the union, so that each kind of item keeps its own fields.
type Unplaced<T> = T extends Item ? Omit<T, 'id' | 'site'> : never

/** A dynamic axis that the data make: the last one of `value`. */
export interface FoundAxis {
  readonly name: string
  readonly size: number
  readonly value: Value
}

/** Stands in for the size of an axis that no point names yet. */
const UNNAMED = 3

/** The list that one run of the traced function fills. */
export class Trace {
  readonly #items: Item[] = []
  readonly #found: FoundAxis[] = []
  readonly options: TraceOptions
  readonly #point: Point

  /** @param point sizes of the dynamic axes, those that the data make among them as far as they are known. */
  constructor(options: TraceOptions, point: Point = {}) {
    this.options = options
    this.#point = point
  }

  get items(): readonly Item[] {
    return this.#items
  }

  /** The axes that `finding` made, in order. */
  get found(): readonly FoundAxis[] {
    return this.#found
  }

  input(name: string, dtype: ElementType, shape: readonly number[]): Value {
    const item = this.#add<InputItem>({ kind: 'input', name, dtype, shape })
    return { item, index: 0, dtype, shape }
  }

  constant(data: ArrayLike<number>, shape: readonly number[], dtype: ElementType): Value {
    return { item: this.#add({ kind: 'constant', data, shape, dtype }), index: 0, dtype, shape }
  }

  scalar(value: number, dtype: ElementType): Value {
    return { item: this.#add({ kind: 'scalar', value, dtype }), index: 0, dtype, shape: [] }
  }

  /** An int64 vector; its entries may differ between traces. */
  sizes(values: readonly number[]): Value {
    const item = this.#add({ kind: 'vector', values: [...values] })
    return { item, index: 0, dtype: 'int64', shape: [values.length] }
  }

  /** Records a node with several outputs. */
  nodes(
    op: string,
    inputs: readonly (Value | undefined)[],
    outputs: readonly OutputSpec[],
    detail: NodeDetail = {},
  ): Value[] {
    const { attributes = {}, domain = '' } = detail
    const item = this.#add<NodeItem>({ kind: 'node', op, domain, attributes, inputs, outputs })
    return outputs.map(({ dtype, shape }, index) => ({ item, index, dtype, shape }))
  }

  /** Records a node with one output. */
  node(
    op: string,
    inputs: readonly (Value | undefined)[],
    shape: readonly number[],
    dtype: ElementType,
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): Value {
    return this.nodes(op, inputs, [{ dtype, shape }], { attributes, domain })[0]
  }

  /**
   * Records a node that gives positions, int64 [1, as many as the data have]: that number is one more dynamic axis.
   */
  finding(op: string, inputs: readonly Value[]): Value {
    const name = `positions ${this.#found.length}`
    const size = this.#point[name] ?? UNNAMED
    const value = this.node(op, inputs, [1, size], 'int64')
    this.#found.push({ name, size, value })
    return value
  }

  #add<T extends Item>(item: Unplaced<T>): T {
    const site = this.options.sites ? new Error('recorded here') : undefined
    const placed = { ...item, id: this.#items.length, site } as unknown as T
    this.#items.push(placed)
    return placed
  }
}
