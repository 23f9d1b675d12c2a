import { z } from 'zod'

/** One key of a configuration, as people are told of it: in the skeleton and in the reference. */
export interface Key {
  readonly name: string
  /** `source.topic`, `steps[].batch.rows`, `steps[].select.chains.<name>.when`. */
  readonly path: string
  readonly description: string
  /** `text`, `whole number`, `list of text`, `cpu | cuda`, `map`. */
  readonly type: string
  readonly required: boolean
  /** It belongs to one of several ways to write the map it is in. */
  readonly choice: boolean
  /** As JSON; `undefined` for none. A map's defaults are those of its keys. */
  readonly default: unknown
  /** Keys below; of all alternatives together, where there are several. */
  readonly children: readonly Key[]
  /** It is a list of maps, or a map with free names. */
  readonly holds: 'one' | 'list' | 'names'
}

interface Json {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Json[]
  readonly properties?: Readonly<Record<string, Json>>
  readonly required?: readonly string[]
  readonly items?: Json
  readonly additionalProperties?: Json | false
}

/** The keys of a schema, in its order, with the descriptions that stand in it. */
export function keysOfSchema(schema: z.ZodType): readonly Key[] {
  return childrenOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json, '')
}

function keyOf(name: string, node: Json, path: string, required: boolean, choice: boolean): Key {
  const free = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined
  const inner = node.items ?? free
  const below = node.items !== undefined ? `${path}[]` : free !== undefined ? `${path}.<name>` : path
  const children = inner === undefined ? childrenOf(node, path) : childrenOf(inner, below)
  return {
    name,
    path,
    description: node.description ?? '',
    type: typeOf(node),
    required,
    choice,
    default: children.length > 0 ? undefined : node.default,
    children,
    holds: children.length === 0 || inner === undefined ? 'one' : node.items === undefined ? 'names' : 'list',
  }
}

function childrenOf(node: Json, path: string): readonly Key[] {
  const maps = node.anyOf ?? [node]
  const keys = maps.flatMap(({ properties = {}, required = [] }) =>
    Object.entries(properties).map(([name, child]) =>
      keyOf(name, child, path === '' ? name : `${path}.${name}`, required.includes(name), maps.length > 1),
    ),
  )
  return keys.filter((key, index) => keys.findIndex(({ name }) => name === key.name) === index)
}

function typeOf(node: Json): string {
  if (node.const !== undefined) return String(node.const)
  if (node.enum !== undefined) return node.enum.join(' | ')
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map(typeOf))].join(' | ')
  if (node.type === 'array') return `list of ${typeOf(node.items ?? {})}`
  const names: Readonly<Record<string, string>> = {
    string: 'text',
    integer: 'whole number',
    number: 'number',
    boolean: 'true | false',
    object: 'map',
    null: 'null',
  }
  return names[node.type ?? ''] ?? 'anything'
}
