import type { InputItem, Item, NodeItem, Value } from './ir.js'
import type { Attribute } from './proto/model.js'
import type { ElementType } from './proto/tensor.js'

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

/** The list that one run of the traced function fills. */
export class Trace {
  readonly #items: Item[] = []
  readonly options: TraceOptions

  constructor(options: TraceOptions) {
    this.options = options
  }

  get items(): readonly Item[] {
    return this.#items
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

  #add<T extends Item>(item: Unplaced<T>): T {
    const site = this.options.sites ? new Error('recorded here') : undefined
    const placed = { ...item, id: this.#items.length, site } as unknown as T
    this.#items.push(placed)
    return placed
  }
}
