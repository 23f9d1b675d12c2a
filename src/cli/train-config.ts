import { resolve } from 'node:path'
import { type RunConfig, runDefaults } from '../train/config.js'
import type { Recipe } from '../train/recipe.js'

/** What a run's configuration takes where it says nothing, the first given first. */
export const beneathRun = (recipe: Recipe, preset: 'quick' | 'full'): readonly object[] => [
  recipe.presets[preset],
  { system: recipe.system, data: { files: recipe.data } },
  runDefaults,
]

/** Paths as seen from anywhere, so that a run can be resumed and reported from another folder. */
export function absolute(config: RunConfig, from: string): RunConfig {
  const { files, exclude } = config.data
  const all = (paths: readonly string[]): string[] => paths.map((path) => resolve(from, path))
  return { ...config, data: { ...config.data, files: all(files), exclude: all(exclude) } }
}
