import { SpillwayError } from '../../errors.js'
import type { FeatureBuilder, FeatureFactory } from '../feature-builder.js'
import { foreignInputs } from '../foreign/builder.js'
import { systems } from '../index.js'
import { columnTensors } from './columns.js'
import { jetConstituents } from './jet-constituents.js'
import { zjMomenta } from './zj-momenta.js'

/** The plain list of feature builders, by the id that manifests use. */
export const featureBuilders: Readonly<Record<string, FeatureFactory>> = {
  columns: columnTensors,
  'jet-constituents': jetConstituents,
  'zj-momenta': zjMomenta,
  foreign: foreignInputs,
  ...Object.assign({}, ...systems.map(({ features }) => features)),
}

/**
 * The builder of a manifest.
 * @throws SpillwayError MODEL_INVALID when this program lacks the builder or has another version of it.
 */
export function featureBuilder(
  id: string,
  version: number,
  options: Readonly<Record<string, unknown>>,
): FeatureBuilder {
  const factory = Object.hasOwn(featureBuilders, id) ? featureBuilders[id] : undefined
  if (factory === undefined) {
    throw new SpillwayError(
      'MODEL_INVALID',
      `feature builder ${id} is unknown; there are ${Object.keys(featureBuilders).join(', ')}`,
      { place: id },
    )
  }
  const builder = factory(options)
  if (builder.version !== version) {
    throw new SpillwayError(
      'MODEL_INVALID',
      `feature builder ${id} is version ${builder.version} here, the model was made with ${version}`,
      {
        place: id,
        remedy: 'Use the release of Spillway that trained the model, or train it again.',
      },
    )
  }
  return builder
}
