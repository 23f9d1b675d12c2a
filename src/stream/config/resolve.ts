import { type Document, isMap, isScalar, parseDocument, type Scalar, visit } from 'yaml'
import { SpillwayError } from '../../errors.js'
import { unknownKey } from './issues.js'

export type Environment = Readonly<Record<string, string | undefined>>

/** Sets `a.b=value`; the value is YAML. @throws SpillwayError CONFIG_INVALID */
export function override(document: Document, set: string): void {
  const equals = set.indexOf('=')
  if (equals < 1) {
    throw new SpillwayError('CONFIG_INVALID', `--set ${set}: write it as a.b=value`, {
      place: `--set ${set}`,
    })
  }
  const path = set
    .slice(0, equals)
    .split('.')
    .map((key) => (/^\d+$/.test(key) ? Number(key) : key))
  const value: unknown = parseDocument(set.slice(equals + 1)).toJS()
  try {
    document.setIn(path, document.createNode(value))
  } catch (cause) {
    throw new SpillwayError('CONFIG_INVALID', `--set ${set}: there is no such place`, {
      place: `--set ${set}`,
      cause,
    })
  }
}

/**
 * Puts values in for the keys that a document leaves out, map by map. A map that names another `kind` than the one
 * beneath is another thing, and takes nothing from it.
 */
export function fillIn(document: Document, beneath: object, path: readonly string[] = []): void {
  for (const [key, value] of Object.entries(beneath)) {
    const at = [...path, key]
    if (!document.hasIn(at)) document.setIn(at, document.createNode(value))
    else if (isPlain(value) && isMap(document.getIn(at))) {
      const kind = document.getIn([...at, 'kind'])
      if (kind === undefined || !('kind' in value) || kind === value.kind) fillIn(document, value, at)
    }
  }
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g

/** Puts environment variables into strings. Gives the variables that are missing and the scalars it changed. */
export function substitute(
  document: Document,
  env: Environment,
  at: (offset: number) => string,
): { readonly problems: readonly SpillwayError[]; readonly substituted: ReadonlySet<Scalar> } {
  const problems: SpillwayError[] = []
  const substituted = new Set<Scalar>()
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value !== 'string' || !node.value.includes('${')) return
      node.value = node.value.replace(VARIABLE, (all, name: string, fallback: string | undefined) => {
        const value = env[name] ?? fallback
        if (value !== undefined) {
          substituted.add(node)
          return value
        }
        const place = at(node.range?.[0] ?? 0)
        problems.push(
          new SpillwayError('CONFIG_ENV_MISSING', `environment variable ${name} is not set`, { place }),
        )
        return all
      })
    },
  })
  return { problems, substituted }
}

/** An environment variable is text; where a number or a boolean is wanted, it is read as one. True if any was. */
export function retype(
  document: Document,
  wrong: readonly { readonly path: readonly PropertyKey[] }[],
  substituted: ReadonlySet<Scalar>,
): boolean {
  let changed = false
  for (const { path } of wrong) {
    const node = document.getIn(path, true)
    if (!isScalar(node) || !substituted.has(node)) continue
    const value: unknown = parseDocument(String(node.value)).toJS()
    if (typeof value !== 'number' && typeof value !== 'boolean') continue
    node.value = value
    changed = true
  }
  return changed
}

/** `__proto__` is refused here: as a key of a map with free names it would vanish without a word. */
export function prototypeKeys(document: Document, at: (offset: number) => string): SpillwayError[] {
  const found: SpillwayError[] = []
  visit(document, {
    Pair(_key, { key }) {
      if (!isScalar(key) || key.value !== '__proto__') return
      found.push(unknownKey('__proto__', 'the file', [], at(key.range?.[0] ?? 0)))
    },
  })
  return found
}
