import type { FeatureFactory } from './feature-builder.js'

/**
 * The half of a physics system that a scorer loads: how events become its inputs. The other half, `recipe.ts` beside
 * it (sample, network, loss), trains it and is never loaded by a scorer; both meet in the manifest of a bundle.
 */
export interface System {
  /** As in manifests and on the command line: `h4l-classifier`. */
  readonly id: string
  /** One line: what it tells of what. */
  readonly title: string
  /** Feature builders that it brings, by the id that manifests use. */
  readonly features: Readonly<Record<string, FeatureFactory>>
}
