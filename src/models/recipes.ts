import type { SystemReport } from '../report/run-report.js'
import type { Recipe } from '../train/recipe.js'

/** The trainable half of a system; loaded when it is asked for. */
export interface RecipeEntry {
  readonly system: string
  readonly recipe: () => Promise<Recipe>
  readonly report: () => Promise<SystemReport>
}

/** The plain list of what can be trained. Scorers never load it: their list is index.ts. */
export const recipes: readonly RecipeEntry[] = [
  {
    system: 'polarization-regression',
    recipe: async () => (await import('./polarization/regression/recipe.js')).recipe,
    report: async () => (await import('./polarization/regression/report.js')).report,
  },
  {
    system: 'ssww-polarization',
    recipe: async () => (await import('./polarization/ssww/recipe.js')).recipe,
    report: async () => (await import('./polarization/ssww/report.js')).report,
  },
  {
    system: 'h4l-classifier',
    recipe: async () => (await import('./higgs/h4l-classifier/recipe.js')).recipe,
    report: async () => (await import('./higgs/h4l-classifier/report.js')).report,
  },
  {
    system: 'lundnet',
    recipe: async () => (await import('./jets/lundnet/recipe.js')).recipe,
    report: async () => (await import('./jets/lundnet/report.js')).report,
  },
  {
    system: 'phase-space-reweighting',
    recipe: async () => (await import('./reweighting/phase-space/recipe.js')).recipe,
    report: async () => (await import('./reweighting/phase-space/report.js')).report,
  },
]
