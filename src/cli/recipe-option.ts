import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { SpillwayError } from '../errors.js'
import { nearest } from '../ingest/nearest.js'
import { type RecipeEntry, recipes } from '../models/recipes.js'
import type { SystemReport } from '../report/run-report.js'
import type { Recipe } from '../train/recipe.js'

/** The recipe of a system. @throws SpillwayError CONFIG_INVALID naming those there are */
export const recipeOf = (system: string): Promise<Recipe> => entryOf(system).recipe()

/** The figures of a system. @throws SpillwayError CONFIG_INVALID naming the systems there are */
export const figuresOf = (system: string): Promise<SystemReport> => entryOf(system).report()

function entryOf(system: string): RecipeEntry {
  const entry = recipes.find((one) => one.system === system)
  if (entry !== undefined) return entry
  const names = recipes.map((one) => one.system)
  const close = nearest(system, names)
  throw new SpillwayError('CONFIG_INVALID', `there is no system ${system} that can be trained`, {
    place: system,
    remedy: close === undefined ? `Take one of ${names.join(', ')}.` : `Did you mean ${close}?`,
  })
}

/** Where runs go unless told otherwise. */
export const defaultRun = (system: string): string => join('runs', system)

/** The folder of a run that is named by itself or by its system. */
export function runFolder(name: string): string {
  const named = recipes.some(({ system }) => system === name)
  return resolve(named && !existsSync(name) ? defaultRun(name) : name)
}
