import { SpillwayError } from '../../errors.js'
import type { StateSpec, StateSpecs, Tensors } from '../trace/index.js'
import { type Initializer, normalRandom } from './initial.js'

/** One named tensor of a model: its shape, how it starts, and whether it is trained or only carried. */
export interface ParameterSpec extends StateSpec {
  readonly initial: Initializer
  /** True unless given. Running statistics and normalisation constants are not trained. */
  readonly trained?: boolean
}

export type Parameters = Readonly<Record<string, ParameterSpec>>

/** A layer: named parameters, and a pure function of their values and the inputs. */
export interface Layer<Inputs extends readonly unknown[], Output> {
  readonly parameters: Parameters
  readonly apply: (weights: Tensors, ...inputs: Inputs) => Output
}

/** The parameters of several layers together. Throws CONFIG_INVALID when two have the same name. */
export function joined(...layers: readonly { readonly parameters: Parameters }[]): Parameters {
  const entries = layers.flatMap(({ parameters }) => Object.entries(parameters))
  const names = new Set<string>()
  for (const [name] of entries) {
    if (names.has(name)) {
      throw new SpillwayError('CONFIG_INVALID', `Two layers have a parameter named "${name}".`, {
        remedy: 'Give each layer of a model its own name.',
      })
    }
    names.add(name)
  }
  return Object.fromEntries(entries)
}

/** Starting values. Each depends on the seed and the parameter's name only, not on the order of layers. */
export function initialise(parameters: Parameters, seed: number): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape, initial }]) => [
      name,
      initial(shape, normalRandom(seed ^ hashOf(name))),
    ]),
  )
}

export function trainedSpecs(parameters: Parameters): StateSpecs {
  return Object.fromEntries(Object.entries(parameters).filter(([, spec]) => spec.trained !== false))
}

export function carriedSpecs(parameters: Parameters): StateSpecs {
  return Object.fromEntries(Object.entries(parameters).filter(([, spec]) => spec.trained === false))
}

/** FNV-1a. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}
