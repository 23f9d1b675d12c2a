import { dirname, join } from 'node:path/posix'
import { describe, expect, it } from 'vitest'
import { filesUnder, textOf } from './support/sources.js'

/** What each part of src may import, besides itself. A part that is not here fails the test: place it first. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  physics: ['errors'],
  ingest: ['errors', 'physics'],
  models: ['errors', 'physics', 'ingest'],
  stream: ['errors', 'physics', 'ingest', 'models'],
  train: ['errors', 'physics', 'ingest', 'models'],
  report: ['errors', 'physics', 'ingest', 'models', 'stream', 'train'],
  recipes: ['errors', 'physics', 'ingest', 'models', 'train', 'report'],
  cli: ['errors', 'physics', 'ingest', 'models', 'stream', 'train', 'report', 'recipes'],
}
const MOST_LINES = 300

/**
 * The trainable half of the physics systems, which lies beside the half that scorers load: everything in a system's
 * folder but system.ts and features.ts, and the list of recipes.
 */
const RECIPES = /^src\/models\/(?:recipes\.ts$|[^/]+\/[^/]+\/(?!(?:system|features)\.ts$))/

/** `src/errors.ts` → errors, `src/stream/kafka/port.ts` → stream. */
const partOf = (path: string): string =>
  RECIPES.test(path) ? 'recipes' : path.split('/')[1].replace(/\.d?\.?ts$/, '')

const IMPORT = /(?:\bfrom|\bimport|\bnew URL\(|\bimport\()\s*['"](\.{1,2}\/[^'"]+)['"]/g

/** Paths that a source text imports, types too, also by `import()` and `new URL(…, import.meta.url)`. */
const importsOf = (path: string, text: string): string[] =>
  [...text.matchAll(IMPORT)].map(([, target]) => join(dirname(path), target))

function wrongArrows(path: string, text: string): string[] {
  const from = partOf(path)
  return importsOf(path, text)
    .filter((target) => target.startsWith('src/'))
    .filter((target) => {
      const to = partOf(target.replace(/\.js$/, '.ts'))
      return to !== from && !(MAY_IMPORT[from] ?? []).includes(to)
    })
    .map((target) => `${path} → ${target}`)
}

/** Source without comments and strings, so that words in them do not count. */
const bare = (text: string): string =>
  text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, "''")
    .replace(/\/\/.*$/gm, '')
    .replace(/`(?:\\.|[^`\\$]|\$(?!\{))*`/g, "''")

const ANY =
  /(?:(?:[:<]|(?<![|&])[|&]|\bas|\bextends|\btype \w+ =)\s*any\b(?=\s*(?:[\])>;,|&=}\n]|\[\]|$)))|,\s*any\b(?=[>[])/m

const usesAny = (text: string): boolean => ANY.test(bare(text)) || /@ts-(?:ignore|nocheck)/.test(text)

/** `{ [k]: x } = list`: V8 makes a name of k and gives up the function's code, for ever (names in capitals are names). */
const takesApartByIndex = (text: string): boolean => /\{ ?\[[a-z]\w*\]: \w+ ?\}(?: =|: )/.test(bare(text))

const sources = filesUnder('src', '.ts')

describe('the source', () => {
  it('has no part that is not placed', () => {
    expect(sources.length).toBeGreaterThan(100)
    expect([...new Set(sources.map(partOf))].filter((part) => !(part in MAY_IMPORT))).toEqual([])
  })

  it('imports in one direction', () => {
    expect(sources.flatMap((path) => wrongArrows(path, textOf(path)))).toEqual([])
  })

  it(`has no file of more than ${MOST_LINES} lines`, () => {
    const long = [...sources, ...filesUnder('web', '.mjs')]
      .map((path) => ({ path, lines: textOf(path).split('\n').length - 1 }))
      .filter(({ lines }) => lines > MOST_LINES)
    expect(long).toEqual([])
  })

  it('has no any and ignores no type error', () => {
    expect(sources.filter((path) => usesAny(textOf(path)))).toEqual([])
  })

  it('reads elements by their index, not by taking the list apart', () => {
    const hot = sources.filter((path) => partOf(path) !== 'report')
    expect(hot.filter((path) => takesApartByIndex(textOf(path)))).toEqual([])
  })
})

describe('these checks', () => {
  it.each([
    ["import { a } from '../stream/run.js'", 'src/train/a.ts'],
    ["import type { A } from '../../train/fit.js'", 'src/stream/kafka/a.ts'],
    ["export * from '../models/manifest.js'", 'src/ingest/a.ts'],
    ["const a = await import('../cli/run.js')", 'src/report/a.ts'],
    ["import './ingest/columns.js'", 'src/errors.ts'],
    ["new Worker(new URL('../stream/worker.js', import.meta.url))", 'src/models/a.ts'],
    ["import { train } from '../../../train/run.js'", 'src/models/jets/lundnet/features.ts'],
    ["import { recipe } from './jets/lundnet/recipe.js'", 'src/models/index.ts'],
    ["import { recipes } from '../models/recipes.js'", 'src/train/run.ts'],
    ["import { recipe } from '../models/jets/lundnet/recipe.js'", 'src/stream/a.ts'],
  ])('see a wrong arrow in %s', (text, path) => {
    expect(wrongArrows(path, text)).toHaveLength(1)
  })

  it('let right arrows pass', () => {
    expect(
      wrongArrows('src/stream/a.ts', "import { b } from '../models/b.js'\nimport c from './c.js'"),
    ).toEqual([])
    expect(wrongArrows('src/models/a/b.ts', "import { SpillwayError } from '../../errors.js'")).toEqual([])
    expect(
      wrongArrows('src/models/a/b/recipe.ts', "import { mlp } from '../../../train/layers/index.js'"),
    ).toEqual([])
    expect(wrongArrows('src/models/index.ts', "import { a } from './a/b/system.js'")).toEqual([])
  })

  it('see an element read by a computed key', () => {
    expect(takesApartByIndex('const { [k]: pt } = p.pt')).toBe(true)
    expect(takesApartByIndex('const near = ({ [l]: i }: Int32Array) => i')).toBe(true)
    expect(takesApartByIndex('const pt = p.pt[k]')).toBe(false)
    expect(takesApartByIndex('const bundles = { [key]: bundle }')).toBe(false)
  })

  it.each([
    'let a: any',
    'f<any>()',
    'Map<string, any>',
    'a as any',
    'x as any',
    'type A = B | any',
    'a: any[]',
    '// @ts-ignore',
  ])('see %s', (text) => {
    expect(usesAny(text)).toBe(true)
  })

  it.each([
    "const a = 'as any'",
    'least: any ? least : null',
    'new Array(any ? 1 : 0)',
    'if (a && any)',
    '/** of any kind: any */',
    'any(jets.pt > 3)',
    'const any = 1',
    '{ any: run, all }',
  ])('let %s pass', (text) => {
    expect(usesAny(text)).toBe(false)
  })
})
