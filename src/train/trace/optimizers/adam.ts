import { add, div, mul, pow, scalar, sqrt, square, sub } from '../tf.js'
import type { Optimizer } from './optimizer.js'

export interface AdamOptions {
  /** Decay of the first moment; 0.9 unless given. */
  readonly beta1?: number
  /** Decay of the second moment; 0.999 unless given. */
  readonly beta2?: number
  /** Added to the root of the second moment; 1e-8 unless given. */
  readonly epsilon?: number
}

export interface AdamWOptions extends AdamOptions {
  /** Decoupled decay, w ← w − rate · decay · w; 0.01 unless given. */
  readonly weightDecay?: number
}

/** Adam (Kingma and Ba, arXiv:1412.6980, with epsilon outside of the bias correction as in PyTorch). */
export function adam(options: AdamOptions = {}): Optimizer {
  return { ...adamW({ ...options, weightDecay: 0 }), name: 'adam' }
}

/** Adam with decoupled weight decay (Loshchilov and Hutter, arXiv:1711.05101). */
export function adamW(options: AdamWOptions = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01 } = options
  return {
    name: 'adamw',
    slots: ['m', 'v'],
    prepare: ({ step, rate }) => {
      const correction1 = sub(1, pow(scalar(beta1), step))
      const correction2 = sqrt(sub(1, pow(scalar(beta2), step)))
      // The slots hold the moments m / (1 − β₁) and v / (1 − β₂), and m̂ / (√v̂ + ε) is their ratio with all constants
      // gathered in two numbers: four fewer passes over every weight.
      const spread = mul(correction2, 1 / Math.sqrt(1 - beta2))
      return {
        size: div(mul(rate, mul(spread, 1 - beta1)), correction1),
        floor: mul(spread, epsilon),
        keep: sub(1, mul(rate, weightDecay)),
      }
    },
    update: (weight, gradient, { m, v }, { size, floor, keep }) => {
      const first = add(mul(m, beta1), gradient)
      const second = add(mul(v, beta2), square(gradient))
      const change = mul(size, div(first, add(sqrt(second), floor)))
      const kept = weightDecay === 0 ? weight : mul(weight, keep)
      return { weight: sub(kept, change), slots: { m: first, v: second } }
    },
  }
}
