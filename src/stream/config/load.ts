import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml'
import type { z } from 'zod'
import { SpillwayError } from '../../errors.js'
import { nearest } from './nearest.js'
import { type PipelineConfig, PipelineSchema } from './schema.js'

/** A pipeline file, validated, with the folder that its relative paths start from. */
export interface LoadedPipeline {
  readonly config: PipelineConfig
  readonly file: string
  readonly folder: string
  /** `file:line` of a key path, for messages about what validation alone cannot see. */
  readonly place: (path: readonly PropertyKey[]) => string
}

const MAX_BYTES = 1_048_576

/**
 * Reads, resolves and validates a pipeline file. `sets` are `a.b=c` overrides, applied before validation; `${NAME}` and
 * `${NAME:-default}` in strings come from `env`.
 * @throws SpillwayError CONFIG_UNREADABLE, CONFIG_INVALID, CONFIG_ENV_MISSING with file and line.
 */
export function loadPipeline(
  file: string,
  sets: readonly string[] = [],
  env: Readonly<Record<string, string | undefined>> = process.env,
): LoadedPipeline {
  return loadYaml(file, PipelineSchema, sets, env)
}

/** As `loadPipeline`, for any schema. */
export function loadYaml<T>(
  file: string,
  schema: z.ZodType<T>,
  sets: readonly string[] = [],
  env: Readonly<Record<string, string | undefined>> = process.env,
): { config: T; file: string; folder: string; place: (path: readonly PropertyKey[]) => string } {
  const lines = new LineCounter()
  const document = parseDocument(readText(file), { lineCounter: lines, uniqueKeys: true, strict: true })
  const at = (offset: number): string => `${file}:${lines.linePos(offset).line}`
  const broken = document.errors[0]
  if (broken !== undefined) {
    throw new SpillwayError('CONFIG_UNREADABLE', broken.message.split('\n')[0], {
      place: at(broken.pos[0]),
      cause: broken,
    })
  }
  for (const set of sets) override(document, set)
  substitute(document, env, at)
  const place = (path: readonly PropertyKey[]): string => {
    const node = nodeAt(document, path)
    return node?.range ? at(node.range[0]) : file
  }
  const parsed = schema.safeParse(toPlain(document, file))
  if (!parsed.success) throw invalid(parsed.error.issues[0], place)
  return { config: parsed.data, file, folder: dirname(resolve(file)), place }
}

function readText(file: string): string {
  try {
    if (statSync(file).size > MAX_BYTES) {
      throw new SpillwayError('CONFIG_UNREADABLE', `larger than ${MAX_BYTES} bytes`, { place: file })
    }
    return readFileSync(file, 'utf8')
  } catch (cause) {
    if (cause instanceof SpillwayError) throw cause
    throw new SpillwayError('CONFIG_UNREADABLE', `cannot read ${file}`, { place: file, cause })
  }
}

/** Plain data; alias bombs end in an error and `__proto__` is an ordinary (unknown) key. */
function toPlain(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 50 })
  } catch (cause) {
    throw new SpillwayError('CONFIG_UNREADABLE', 'too many aliases', { place: file, cause })
  }
}

function override(document: Document, set: string): void {
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
    document.setIn(path, value)
  } catch (cause) {
    throw new SpillwayError('CONFIG_INVALID', `--set ${set}: there is no such place`, {
      place: `--set ${set}`,
      cause,
    })
  }
}

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g

function substitute(
  document: Document,
  env: Readonly<Record<string, string | undefined>>,
  at: (offset: number) => string,
): void {
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value !== 'string' || !node.value.includes('${')) return
      node.value = node.value.replace(VARIABLE, (_all, name: string, fallback: string | undefined) => {
        const value = env[name] ?? fallback
        if (value !== undefined) return value
        throw new SpillwayError('CONFIG_ENV_MISSING', `environment variable ${name} is not set`, {
          place: at(node.range?.[0] ?? 0),
        })
      })
    },
  })
}

/** The deepest node that exists along a path: the key itself where there is one. */
function nodeAt(
  document: Document,
  path: readonly PropertyKey[],
): { range?: readonly number[] | null } | undefined {
  let node: unknown = document.contents
  let found: unknown = node
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))
      if (pair === undefined) break
      found = pair.key
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(key)]
      found = node
    } else break
  }
  return isNode(found) ? found : undefined
}

type Issue = z.core.$ZodIssue

/** The issue of a union that got furthest: the alternative the writer most likely meant. */
function deepest(issue: Issue): { issue: Issue; path: PropertyKey[] } {
  if (issue.code !== 'invalid_union') return { issue, path: [...issue.path] }
  const candidates = issue.errors
    .filter((alternative) => alternative.length > 0)
    .map((alternative) => ({ count: alternative.length, ...deepest(alternative[0]) }))
    .sort((a, b) => a.count - b.count || b.path.length - a.path.length)
  if (candidates.length === 0) return { issue, path: [...issue.path] }
  return { issue: candidates[0].issue, path: [...issue.path, ...candidates[0].path] }
}

function invalid(top: Issue, place: (path: readonly PropertyKey[]) => string): SpillwayError {
  const { issue, path } = deepest(top)
  const where = path.length > 0 ? path.map(String).join('.') : 'the file'
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]
    const hint = nearest(key, KNOWN_KEYS)
    return new SpillwayError(
      'CONFIG_INVALID',
      `unknown key ${key} in ${where}${hint ? `; did you mean ${hint}?` : ''}`,
      {
        place: place([...path, key]),
      },
    )
  }
  return new SpillwayError('CONFIG_INVALID', `${where}: ${issue.message}`, { place: place(path) })
}

/** Every key name of the pipeline schema, for suggestions. */
const KNOWN_KEYS: readonly string[] = [...new Set(keysOf(PipelineSchema))]

function keysOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null || !('_zod' in schema)) return []
  const def = (schema as { _zod: { def: Record<string, unknown> } })._zod.def
  const shape = (def['shape'] ?? {}) as Record<string, unknown>
  const inner = [def['innerType'], def['element'], def['valueType'], ...((def['options'] as unknown[]) ?? [])]
  return [
    ...Object.entries(shape).flatMap(([key, value]) => [key, ...keysOf(value)]),
    ...inner.flatMap(keysOf),
  ]
}
