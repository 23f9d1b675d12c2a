import { SpillwayError } from '../errors.js'
import type { FeatureBuilder } from '../models/feature-builder.js'
import { widthOf } from './data/item-tensors.js'
import { given } from './layers/initial.js'
import type { Network, Task } from './recipe.js'
import type { Tensors } from './trace/index.js'
import { mul } from './trace/tf.js'

/** One number that a network sees of an item, or of an entry of a list. */
export interface Input {
  /** `<tensor>.<component>`, the component by its name where the builder gives one, otherwise by its index. */
  readonly name: string
  readonly tensor: string
  readonly component: number
}

/** The inputs of a builder, masks left out. */
export const inputsOf = ({ tensors }: FeatureBuilder): Input[] =>
  tensors
    .filter(({ shape }) => typeof shape.at(-1) === 'number')
    .flatMap((spec) =>
      Array.from({ length: widthOf(spec) }, (_, component) => ({
        name: `${spec.name}.${spec.components?.[component] ?? component}`,
        tensor: spec.name,
        component,
      })),
    )

/**
 * The same task with a network that does not see some inputs: they are multiplied by zero inside the graph, so features,
 * bundle and scorer stay as they are.
 * @throws SpillwayError CONFIG_INVALID for an input that there is not.
 */
export function withoutInputs(task: Task, drop: readonly string[]): Task {
  if (drop.length === 0) return task
  const all = inputsOf(task.builder)
  const unknown = drop.find((name) => !all.some((input) => input.name === name))
  if (unknown !== undefined) {
    throw new SpillwayError('CONFIG_INVALID', `drop: there is no input ${unknown}`, {
      place: 'drop',
      remedy: `Take some of ${all.map(({ name }) => name).join(', ')}.`,
    })
  }
  const dropped = new Set(drop)
  const touched = [...new Set(all.filter(({ name }) => dropped.has(name)).map(({ tensor }) => tensor))]
  const seen = (tensor: string): number[] =>
    all.filter((input) => input.tensor === tensor).map(({ name }) => (dropped.has(name) ? 0 : 1))
  const masked = (weights: Tensors, inputs: Tensors): Tensors => ({
    ...inputs,
    ...Object.fromEntries(touched.map((name) => [name, mul(inputs[name], weights[`seen/${name}`])])),
  })
  return {
    ...task,
    network: (statistics): Network => {
      const { parameters, loss, predict } = task.network(statistics)
      const masks = touched.map((tensor) => {
        const values = seen(tensor)
        return [`seen/${tensor}`, { shape: [values.length], initial: given(values), trained: false }] as const
      })
      return {
        parameters: { ...parameters, ...Object.fromEntries(masks) },
        loss: (weights, batch, context) => loss(weights, masked(weights, batch), context),
        predict: (weights, inputs) => predict(weights, masked(weights, inputs)),
      }
    },
  }
}
