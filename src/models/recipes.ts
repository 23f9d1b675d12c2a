import type { Recipe } from '../train/recipe.js'

/** The trainable half of a system; loaded when it is asked for. */
export interface RecipeEntry {
  readonly system: string
  readonly recipe: () => Promise<Recipe>
}

/** The plain list of what can be trained. Scorers never load it: their list is index.ts. */
export const recipes: readonly RecipeEntry[] = [
  {
    system: 'polarization-regression',
    recipe: async () => (await import('./polarization/regression/recipe.js')).recipe,
  },
  {
    system: 'h4l-classifier',
    recipe: async () => (await import('./higgs/h4l-classifier/recipe.js')).recipe,
  },
  {
    system: 'lundnet',
    recipe: async () => (await import('./jets/lundnet/recipe.js')).recipe,
  },
]
