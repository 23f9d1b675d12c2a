import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml'
import type { z } from 'zod'
import { SpillwayError } from '../../errors.js'
import { problemsOf, wrongTypes } from './issues.js'
import { type Environment, fillIn, override, prototypeKeys, retype, substitute } from './resolve.js'
import { type PipelineConfig, PipelineSchema } from './schema.js'

/** A configuration file, validated, with the folder that its relative paths start from. */
export interface Loaded<T> {
  readonly config: T
  readonly file: string
  readonly folder: string
  /** `file:line` of a key path, for messages about what validation alone cannot see. */
  readonly place: (path: readonly PropertyKey[]) => string
}

export type LoadedPipeline = Loaded<PipelineConfig>

/** A file read as far as it can be: loaded, or everything that is wrong with it. */
export type ReadResult<T> =
  | { readonly loaded: Loaded<T>; readonly problems: readonly [] }
  | { readonly loaded: null; readonly problems: readonly SpillwayError[] }

/** Where values are that come from no file. */
const NO_FILE = 'defaults and --set'
const MAX_BYTES = 1_048_576
/** How often aliases may repeat a node: an alias bomb needs far more. */
const MAX_ALIASES = 50

/**
 * Reads, resolves and validates a pipeline file. `sets` are `a.b=c` overrides, applied before validation; `${NAME}` and
 * `${NAME:-default}` in strings come from `env`.
 * @throws SpillwayError CONFIG_UNREADABLE, CONFIG_INVALID, CONFIG_ENV_MISSING with file and line.
 */
export function loadPipeline(
  file: string,
  sets: readonly string[] = [],
  env: Environment = process.env,
): LoadedPipeline {
  return loadYaml(file, PipelineSchema, sets, env)
}

/** As `loadPipeline`, for any schema. @throws the first of the problems */
export function loadYaml<T>(
  file: string,
  schema: z.ZodType<T>,
  sets: readonly string[] = [],
  env: Environment = process.env,
): Loaded<T> {
  const { loaded, problems } = readYaml(file, schema, sets, env)
  if (loaded === null) throw problems[0]
  return loaded
}

/**
 * As `loadYaml`, over values for the keys that the file leaves out, the first given first (see `fillIn`); without a file,
 * these alone.
 * @throws the first of the problems
 */
export function loadYamlOver<T>(
  file: string | null,
  beneath: readonly object[],
  schema: z.ZodType<T>,
  sets: readonly string[] = [],
  env: Environment = process.env,
): Loaded<T> {
  const { loaded, problems } = readText(
    file ?? NO_FILE,
    file === null ? '' : textOf(file),
    schema,
    sets,
    env,
    beneath,
  )
  if (loaded === null) throw problems[0]
  return loaded
}

/** As `loadYaml`, but gives everything that is wrong instead of throwing the first of it. */
export function readYaml<T>(
  file: string,
  schema: z.ZodType<T>,
  sets: readonly string[] = [],
  env: Environment = process.env,
): ReadResult<T> {
  try {
    return readText(file, textOf(file), schema, sets, env)
  } catch (error) {
    if (error instanceof SpillwayError) return { loaded: null, problems: [error] }
    throw error
  }
}

function readText<T>(
  file: string,
  text: string,
  schema: z.ZodType<T>,
  sets: readonly string[],
  env: Environment,
  beneath: readonly object[] = [],
): ReadResult<T> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true })
  const at = (offset: number): string => `${file}:${lines.linePos(offset).line}`
  // After the first syntax error the rest is noise.
  const broken = document.errors[0]
  if (broken !== undefined) {
    throw new SpillwayError('CONFIG_UNREADABLE', broken.message.replace(/( at line \d+.*)?$/s, ''), {
      place: at(broken.pos[0]),
      remedy: 'Correct the YAML at the line given; inside { } put values with ${NAME} in quotes.',
      cause: broken,
    })
  }
  for (const set of sets) override(document, set)
  for (const values of beneath) fillIn(document, values)
  const { problems: missing, substituted } = substitute(document, env, at)
  const place = (path: readonly PropertyKey[]): string => {
    const node = nodeAt(document, path)
    return node?.range && file !== NO_FILE ? at(node.range[0]) : file
  }
  let parsed = schema.safeParse(toPlain(document, file, at))
  if (!parsed.success && retype(document, wrongTypes(parsed.error), substituted)) {
    parsed = schema.safeParse(toPlain(document, file, at))
  }
  const invalid = parsed.success ? [] : problemsOf(parsed.error, schema, place)
  const unsafe = prototypeKeys(document, at).filter((one) =>
    invalid.every((other) => other.place !== one.place),
  )
  const problems = [...missing, ...unsafe, ...invalid]
  if (!parsed.success || problems.length > 0) return { loaded: null, problems: inOrder(problems) }
  const folder = file === NO_FILE ? process.cwd() : dirname(resolve(file))
  return { loaded: { config: parsed.data, file, folder, place }, problems: [] }
}

function textOf(file: string): string {
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

/** Plain data; alias bombs end in an error. */
function toPlain(document: Document, file: string, at: (offset: number) => string): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES })
  } catch (cause) {
    let place = file
    visit(document, {
      Alias(_key, node) {
        if (node.range) place = at(node.range[0])
      },
    })
    const remedy = 'Write the values out instead of repeating aliases of aliases.'
    throw new SpillwayError('CONFIG_UNREADABLE', 'aliases repeat too much', { place, remedy, cause })
  }
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

/** By line, so that a person can go through the file from the top. */
function inOrder(problems: readonly SpillwayError[]): SpillwayError[] {
  const line = ({ place }: SpillwayError): number => Number(/:(\d+)$/.exec(place ?? '')?.[1] ?? 0)
  return [...problems].sort((a, b) => line(a) - line(b))
}
