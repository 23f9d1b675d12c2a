import type { FeatureBuilder } from '../models/feature-builder.js'
import type { FitConfig } from './config.js'
import type { TrainProgram } from './executor/index.js'
import { constantRate, cosine, oneCycle, type Schedule, TOTAL_WEIGHT, warmUp } from './fit/index.js'
import { carriedSpecs, trainedSpecs } from './layers/index.js'
import type { LossTerms, Network, Task } from './recipe.js'
import { adam, adamW, clipByGlobalNorm, type InputSpecs, type Optimizer, sgd } from './trace/index.js'
import { abs, add, mul, type Scalar, sum } from './trace/tf.js'

/** The builder's tensors as graph inputs: any number of items, any length. */
export const featureSpecs = ({ tensors }: FeatureBuilder): InputSpecs =>
  Object.fromEntries(
    tensors.map(({ name, shape }) => [
      name,
      { shape: shape.map((dim) => (dim === 'n' ? 'batch' : dim === 't' ? 'tokens' : dim)) },
    ]),
  )

/** The training step and the validation of a network on the mini-batches of its sample. */
export function trainProgram(task: Task, network: Network, fit: FitConfig): TrainProgram {
  const targets = Object.entries(task.targets).map(([name, { length }]) => [
    `target.${name}`,
    { shape: ['batch', length] },
  ])
  return {
    inputs: {
      ...featureSpecs(task.builder),
      ...Object.fromEntries(targets),
      weight: { shape: ['batch'] },
    },
    parameters: trainedSpecs(network.parameters),
    state: carriedSpecs(network.parameters),
    optimizer: optimizerOf(fit),
    ...(fit.clip !== null && { transformGradients: clipByGlobalNorm(fit.clip) }),
    loss: (weights, batch, context) => {
      const result = network.loss(weights, batch, context)
      return { loss: total(result), state: result.state ?? {} }
    },
    evaluate: (weights, batch) => {
      const result = network.loss(weights, batch)
      const terms = Object.entries(result.terms).map(([name, { value }]) => [name, value])
      return { ...Object.fromEntries(terms), loss: total(result), [TOTAL_WEIGHT]: sum(abs(batch['weight'])) }
    },
  }
}

const total = ({ terms }: LossTerms): Scalar =>
  Object.values(terms)
    .map(({ value, weight }) => (weight === 1 ? value : mul(value, weight)))
    .reduce((a, b) => add(a, b)) as Scalar

function optimizerOf({ optimizer }: FitConfig): Optimizer {
  switch (optimizer.kind) {
    case 'adamw':
      return adamW({ weightDecay: optimizer.weight_decay })
    case 'adam':
      return adam()
    case 'sgd':
      return sgd({ momentum: optimizer.momentum })
  }
}

/** The learning rate by step, for an epoch of `perEpoch` steps. */
export function scheduleOf({ schedule, learning_rate: peak, epochs }: FitConfig, perEpoch: number): Schedule {
  const steps = epochs * perEpoch
  switch (schedule.kind) {
    case 'cosine':
      return cosine({ peak, steps, warmup: Math.round(schedule.warmup * steps), floor: schedule.floor })
    case 'one_cycle':
      return oneCycle({ peak, steps, rise: schedule.rise })
    case 'warm_up':
      return warmUp({ peak, warmup: Math.round(schedule.warmup * steps) })
    case 'constant':
      return constantRate(peak)
  }
}
