import { checkAligned, liveItems, unsupportedItem } from './align.js'
import { withBoundBody } from './body.js'
import { type AxisSources, GraphBuilder } from './builder.js'
import { fitSizes } from './fit.js'
import type { ConstantItem, Item, NodeItem, ScalarItem, Value, VectorItem } from './ir.js'
import type { OnnxGraph, ValueInfo } from './proto/model.js'
import { reshapeTarget } from './reshapeTarget.js'
import { isConstant, type Point, type SizeExpression } from './sizes.js'
import type { Trace } from './trace.js'

/** One run of the traced function at one point. */
export interface Run {
  readonly point: Point
  readonly trace: Trace
  readonly outputs: Readonly<Record<string, Value>>
}

/** Joins runs at several sizes into one graph in which the dynamic axes are free. */
export function mergeRuns(runs: readonly Run[], inputs: readonly ValueInfo[], axes: AxisSources): OnnxGraph {
  checkAligned(runs.map((run) => run.trace))
  return new Merge(runs, axes).graph(inputs)
}

class Merge {
  readonly #runs: readonly Run[]
  readonly #points: readonly Point[]
  readonly #builder: GraphBuilder
  /** The graph's name for each output of each item. */
  readonly #names = new Map<number, readonly string[]>()
  readonly #vectors = new Map<number, readonly SizeExpression[]>()

  constructor(runs: readonly Run[], axes: AxisSources) {
    this.#runs = runs
    this.#points = runs.map((run) => run.point)
    this.#builder = new GraphBuilder(axes)
  }

  graph(inputs: readonly ValueInfo[]): OnnxGraph {
    const [first] = this.#runs
    const renamed = outputNames(first.outputs)
    const found = first.trace.found.map(({ value }) => value)
    for (const id of liveItems([...Object.values(first.outputs), ...found])) {
      this.#item(
        this.#runs.map((run) => run.trace.items[id]),
        renamed.get(id),
      )
      this.#readAxes(id)
    }
    const outputs = Object.keys(first.outputs).map((name) => this.#output(name))
    return this.#builder.graph('traced', inputs, outputs)
  }

  /** An axis that the data make is read from what found it, from there on. */
  #readAxes(id: number): void {
    for (const { name, value } of this.#runs[0].trace.found) {
      if (value.item.id !== id) continue
      this.#builder.addAxis(name, { input: this.#name(value), dimension: value.shape.length - 1 })
    }
  }

  #item(items: readonly Item[], outputNames?: ReadonlyMap<number, string>): void {
    const [item] = items
    switch (item.kind) {
      case 'input':
        this.#names.set(item.id, [item.name])
        return
      case 'constant':
        this.#names.set(item.id, [this.#constant(items as ConstantItem[])])
        return
      case 'scalar':
        this.#names.set(item.id, [this.#scalar(items as ScalarItem[])])
        return
      case 'vector':
        this.#vectors.set(item.id, this.#sizes(items as VectorItem[]))
        return
      case 'node':
        this.#names.set(item.id, this.#node(items as NodeItem[], outputNames))
    }
  }

  #constant(items: readonly ConstantItem[]): string {
    const [first, ...others] = items
    for (const other of others) {
      if (`${other.shape}` !== `${first.shape}`) {
        const shapes = items.map((item) => `[${item.shape}]`).join(', ')
        const message = `An array made in JavaScript has a size that depends on a dynamic axis: ${shapes}.`
        throw unsupportedItem(first, message)
      }
      if (!sameNumbers(first.data, other.data)) {
        const message = 'An array made in JavaScript differs from run to run (random numbers?).'
        throw unsupportedItem(first, message)
      }
    }
    return this.#builder.array(first.data, first.shape, first.dtype)
  }

  #scalar(items: readonly ScalarItem[]): string {
    const [{ dtype }] = items
    const values = items.map((item) => item.value)
    const expression = this.#fit(values, false, items[0])
    if (isConstant(expression)) return this.#builder.scalar(expression.constant, dtype)
    return this.#builder.sizeScalar(expression, dtype)
  }

  #sizes(items: readonly VectorItem[]): SizeExpression[] {
    return items[0].values.map((_, k) => {
      const values = items.map((item) => item.values[k])
      return this.#fit(values, true, items[0])
    })
  }

  #fit(values: readonly number[], integer: boolean, item: Item): SizeExpression {
    const expression = fitSizes(values, this.#points, integer)
    if (expression !== undefined) return expression
    const at = this.#points.map((point) => JSON.stringify(point)).join(', ')
    throw unsupportedItem(item, `A number depends on a dynamic axis in no simple way: ${values} at ${at}.`)
  }

  #node(items: readonly NodeItem[], outputNames?: ReadonlyMap<number, string>): string[] {
    const [item] = items
    for (const other of items) {
      if (JSON.stringify(other.attributes) !== JSON.stringify(item.attributes)) {
        throw unsupportedItem(item, `An attribute of ${item.op} depends on a dynamic axis.`)
      }
    }
    const outputs = item.outputs.map(
      (_, i) => outputNames?.get(i) ?? `${item.op}_${item.id}${i > 0 ? `_${i}` : ''}`,
    )
    if (item.op === 'Reshape') return this.#reshape(items, outputs)
    const inputs = item.inputs.map((value) => (value ? this.#name(value) : ''))
    const { op, domain, attributes } = item
    this.#builder.add(withBoundBody({ op, domain, inputs, outputs, attributes }))
    return outputs
  }

  #reshape(items: readonly NodeItem[], outputs: string[]): string[] {
    const [data, shape] = items[0].inputs as [Value, Value]
    const before = this.#shapeOf(
      items.map((item) => item.inputs[0]!),
      items[0],
    )
    const target = reshapeTarget(before, this.#vectors.get(shape.item.id)!)
    const inputs = [this.#name(data), this.#builder.sizeVector(target.sizes)]
    this.#builder.add({ op: 'Reshape', inputs, outputs, attributes: { allowzero: target.allowZero ? 1 : 0 } })
    return outputs
  }

  #name(value: Value): string {
    const sizes = this.#vectors.get(value.item.id)
    return sizes ? this.#builder.sizeVector(sizes) : this.#names.get(value.item.id)![value.index]
  }

  #shapeOf(values: readonly Value[], item: Item): SizeExpression[] {
    return values[0].shape.map((_, axis) =>
      this.#fit(
        values.map((value) => value.shape[axis]),
        true,
        item,
      ),
    )
  }

  #output(name: string): ValueInfo {
    const values = this.#runs.map((run) => run.outputs[name])
    const [value] = values
    const inner = this.#name(value)
    if (inner !== name) this.#builder.add({ op: 'Identity', inputs: [inner], outputs: [name] })
    const shape = this.#shapeOf(values, value.item).map(dimensionName)
    return { name, dtype: value.dtype, shape }
  }
}

/** The output name that a node's output can carry itself, so that no Identity is needed. */
function outputNames(outputs: Readonly<Record<string, Value>>): Map<number, Map<number, string>> {
  const names = new Map<number, Map<number, string>>()
  for (const [name, { item, index }] of Object.entries(outputs)) {
    if (item.kind !== 'node') continue
    const ofItem = names.get(item.id) ?? new Map<number, string>()
    if (!ofItem.has(index)) names.set(item.id, ofItem.set(index, name))
  }
  return names
}

/** A dimension for people: the axis itself, or the expression, which ONNX takes as an opaque name. */
function dimensionName({ constant, terms }: SizeExpression): number | string {
  if (terms.length === 0) return constant
  const parts = terms.map(({ factor, monomial }) => {
    const product = Object.entries(monomial).map(([axis, power]) => (power === 1 ? axis : `${axis}^${power}`))
    return [...(factor === 1 ? [] : [factor]), ...product].join('*')
  })
  return [...parts, ...(constant === 0 ? [] : [constant])].join(' + ')
}

function sameNumbers(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a === b) return true
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false
  return a.length === b.length
}
