import { z } from 'zod'
import { SpillwayError } from '../../errors.js'
import { nearest } from '../../ingest/nearest.js'

type Issue = z.core.$ZodIssue
type Place = (path: readonly PropertyKey[]) => string

/** One thing wrong, with the full path to it. */
interface Found {
  readonly issue: Issue
  readonly path: readonly PropertyKey[]
}

/** What a validation found, as errors with places: one for every unknown key and every wrong value. */
export function problemsOf(error: z.ZodError, schema: z.ZodType, place: Place): SpillwayError[] {
  const known = keysOf(schema)
  return error.issues.flatMap(deepest).flatMap(({ issue, path }) => {
    const where = path.length > 0 ? path.map(String).join('.') : 'the file'
    if (issue.code !== 'unrecognized_keys') {
      const message = issue.code === 'invalid_type' ? wrongType(issue) : issue.message
      return new SpillwayError('CONFIG_INVALID', `${where}: ${message}`, { place: place(path) })
    }
    return issue.keys.map((key) => unknownKey(key, where, known, place([...path, key])))
  })
}

/** Where in the document a value of the wrong type stands, and which type is wanted. */
export function wrongTypes(error: z.ZodError): readonly { path: readonly PropertyKey[] }[] {
  return error.issues.flatMap(deepest).filter(({ issue }) => issue.code === 'invalid_type')
}

export function unknownKey(
  key: string,
  where: string,
  known: readonly string[],
  place: string,
): SpillwayError {
  // One that belongs elsewhere is no slip of the pen.
  const [hint] = known.includes(key) ? [] : nearest(key, known, 1)
  const suggestion = hint === undefined ? '' : `; did you mean ${hint}?`
  return new SpillwayError('CONFIG_INVALID', `unknown key ${key} in ${where}${suggestion}`, { place })
}

function wrongType(issue: Issue & { readonly code: 'invalid_type' }): string {
  if (issue.input === undefined && /received undefined/.test(issue.message)) return 'is missing'
  return issue.message.replace(/^Invalid input: /, '')
}

/** The issues of a union's alternative that got furthest: the one the writer most likely meant. */
function deepest(issue: Issue): readonly Found[] {
  if (issue.code !== 'invalid_union') return [{ issue, path: issue.path }]
  const alternatives = issue.errors
    .filter((alternative) => alternative.length > 0)
    .map((alternative) => alternative.flatMap(deepest))
    .sort((a, b) => a.length - b.length || depth(b) - depth(a))
  if (alternatives.length === 0) return [{ issue, path: issue.path }]
  return alternatives[0].map((found) => ({ ...found, path: [...issue.path, ...found.path] }))
}

const depth = (found: readonly Found[]): number => Math.max(...found.map(({ path }) => path.length))

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly [key: string]: unknown
}

/** Every key name of a schema, for suggestions. */
export function keysOf(schema: z.ZodType): readonly string[] {
  const names = new Set<string>()
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    for (const name of Object.keys((node as JsonSchema).properties ?? {})) names.add(name)
    for (const child of Object.values(node)) visit(child)
  }
  visit(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }))
  return [...names]
}
