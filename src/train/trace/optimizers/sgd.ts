import { add, mul, sub } from '../tf.js'
import type { Optimizer, Updated } from './optimizer.js'

export interface SgdOptions {
  /** 0 unless given. */
  readonly momentum?: number
}

/** Stochastic gradient descent, v ← μ v + g, w ← w − rate · v. */
export function sgd({ momentum = 0 }: SgdOptions = {}): Optimizer {
  return {
    name: 'sgd',
    slots: momentum === 0 ? [] : ['velocity'],
    prepare: ({ rate }) => ({ rate }),
    update: (weight, gradient, { velocity }, { rate }): Updated => {
      if (momentum === 0) return { weight: sub(weight, mul(rate, gradient)), slots: {} }
      const next = add(mul(velocity, momentum), gradient)
      return { weight: sub(weight, mul(rate, next)), slots: { velocity: next } }
    },
  }
}
