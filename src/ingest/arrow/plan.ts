import type { ColumnSpec, ColumnType, EventSchema } from '../columns.js'
import { tooLarge } from './limits.js'
import type { ArrowSchema, Field } from './schema-message.js'
import { columnTypeOf, type Layout, layoutOf, typeName, widthOf } from './types.js'

/** One field in depth-first order, as record batches list their field nodes. */
export interface PlanNode {
  readonly index: number
  readonly field: Field
  /** `fixed` for dictionary-encoded fields: the batch holds their indices. */
  readonly layout: Layout
  /** Bytes of a `fixed` value, items of a `fixed list`. */
  readonly width: number
  /** Index of the parent, -1 at the top. */
  readonly parent: number
  readonly children: readonly PlanNode[]
  /** Dotted path; a list's item has the list's own. */
  readonly path: string
  /** The list that values of this node run along; '' at the top. */
  readonly axis: string
  /** Set on a list: the name of the axis it makes. */
  readonly makes: string | null
  /** Set on a readable leaf. */
  readonly columnType: ColumnType | null
  /** Buffers it owns; those of views are counted in the batch itself. */
  readonly buffers: number
}

/** A schema prepared for reading record batches: fields in wire order, columns and axes by name. */
export interface Plan {
  readonly schema: ArrowSchema
  readonly events: EventSchema
  readonly nodes: readonly PlanNode[]
  readonly leaves: ReadonlyMap<string, PlanNode>
  readonly lists: ReadonlyMap<string, PlanNode>
  /** Why a path that is in the schema is not a column: its type's name, or that it is named twice. */
  readonly unreadable: ReadonlyMap<string, string>
  /** The leaves that hold strings. */
  readonly text: readonly PlanNode[]
  /** The plain values of each dictionary that a leaf needs, by id, as a dictionary batch has them. */
  readonly dictionaries: ReadonlyMap<bigint, PlanNode>
}

/** Characters of a path: a long name above many fields would make their paths the square of the schema. */
const maxPath = 1024

const ownBuffers: Readonly<Record<Layout, number>> = {
  null: 0,
  bits: 2,
  fixed: 2,
  bytes: 3,
  'large bytes': 3,
  list: 2,
  'large list': 2,
  'fixed list': 1,
  struct: 1,
  opaque: 0,
}

/**
 * `v4` says that the stream was written as metadata version 4, where unions have a validity bitmap.
 *
 * @throws SpillwayError MESSAGE_TOO_LARGE at a path beyond measure.
 */
export function planOf(schema: ArrowSchema, v4: boolean): Plan {
  const nodes: PlanNode[] = []
  const leaves = new Map<string, PlanNode>()
  const lists = new Map<string, PlanNode>()
  const unreadable = new Map<string, string>()
  const taken = new Set<string>()

  const visit = (
    field: Field,
    parent: PlanNode | null,
    path: string,
    axis: string,
    readable: boolean,
  ): PlanNode => {
    if (path.length > maxPath || axis.length > maxPath)
      throw tooLarge(`a field's path has ${path.length} characters, the limit is ${maxPath}`, 'schema')
    const encoded = field.dictionary !== null
    const type = encoded ? field.dictionary.index : field.type
    const layout = layoutOf(type)
    const isList = layout === 'list' || layout === 'large list' || layout === 'fixed list'
    const inList = parent !== null && parent.makes !== null
    // A list directly inside a list is told apart by its field's name, `item` by custom.
    const makes = !isList ? null : inList ? `${axis}.${field.name}` : path
    const columnType = encoded && columnTypeOf(field.type) !== 'utf8' ? null : columnTypeOf(field.type)
    const children: PlanNode[] = []
    const node: PlanNode = {
      index: nodes.length,
      field,
      layout,
      width: widthOf(type),
      parent: parent === null ? -1 : parent.index,
      children,
      path,
      axis,
      makes,
      columnType,
      buffers: layout === 'opaque' ? opaqueBuffers(field, v4) : ownBuffers[layout],
    }
    nodes.push(node)
    if (readable && layout !== 'struct') note(node, inList && makes === null)
    const below = readable && layout !== 'opaque' && makes !== ''
    if (!encoded)
      for (const child of field.children)
        children.push(visit(child, node, isList ? path : `${path}.${child.name}`, makes ?? axis, below))
    return node
  }

  const note = (node: PlanNode, sharesPath: boolean) => {
    const { path, makes } = node
    const name = makes ?? path
    // The axis '' is that of the events.
    if (name === '') {
      unreadable.set(name, 'it has no name')
      return
    }
    // A list and its flat item share a path; anything else with a path already taken is ambiguous.
    if (!sharesPath) {
      if (taken.has(name)) {
        unreadable.set(name, 'named twice')
        return
      }
      taken.add(name)
    }
    if (makes !== null) lists.set(makes, node)
    else if (node.columnType !== null) leaves.set(path, node)
    else unreadable.set(path, typeName(node.field.type))
  }

  for (const field of schema.fields) visit(field, null, field.name, '', true)
  // What is named twice goes, and with a list all that runs along it.
  for (const [name, node] of lists)
    if (unreadable.has(name) || (node.axis !== '' && !lists.has(node.axis))) lists.delete(name)
  for (const [path, node] of leaves)
    if (unreadable.has(path) || (node.axis !== '' && !lists.has(node.axis))) leaves.delete(path)
  const columns = [...leaves.values()].map((leaf) => specOf(leaf, nodes))
  return {
    schema,
    events: { columns, axes: [...lists.keys()], metadata: schema.metadata },
    nodes,
    leaves,
    lists,
    unreadable,
    text: [...leaves.values()].filter((leaf) => leaf.columnType === 'utf8'),
    dictionaries: dictionaryNodes(leaves.values()),
  }
}

function dictionaryNodes(leaves: Iterable<PlanNode>): ReadonlyMap<bigint, PlanNode> {
  const found = new Map<bigint, PlanNode>()
  for (const leaf of leaves) {
    const { dictionary, type } = leaf.field
    if (dictionary === null) continue
    const layout = layoutOf(type)
    const field = { ...leaf.field, dictionary: null }
    found.set(dictionary.id, {
      ...leaf,
      index: 0,
      parent: -1,
      field,
      layout,
      width: 0,
      buffers: ownBuffers[layout],
    })
  }
  return found
}

function specOf(leaf: PlanNode, nodes: readonly PlanNode[]): ColumnSpec {
  const above = nodes[leaf.parent]?.makes != null ? nodes[leaf.parent] : undefined
  const unit = leaf.field.metadata.get('unit') ?? above?.field.metadata.get('unit')
  const spec = { path: leaf.path, axis: leaf.axis, type: leaf.columnType! }
  return unit === undefined ? spec : { ...spec, unit }
}

function opaqueBuffers(field: Field, v4: boolean): number {
  const { id, parameters } = field.type
  if (id === 14) return (parameters[0] === 1 ? 2 : 1) + (v4 ? 1 : 0)
  if (id === 23 || id === 24) return 2
  return id === 25 || id === 26 ? 3 : 0
}

/** Whether a node has a number of data buffers that only the record batch tells (BinaryView, Utf8View). */
export function isView(node: PlanNode): boolean {
  return node.field.dictionary === null && (node.field.type.id === 23 || node.field.type.id === 24)
}
