import { SpillwayError } from '../../errors.js'
import { add, concat, exp, mul, slice, square, sub, sum, type Tensor, tanh, zeros } from '../trace/tf.js'
import { mlp } from './mlp.js'
import { joined, type Layer } from './parameters.js'
import { rationalQuadraticSpline, splineParameters, splineRaw } from './spline.js'

export interface CouplingOptions {
  /** Size of x; even. */
  readonly size: number
  /** Size of the condition; 0 for none. */
  readonly context: number
  readonly hidden: readonly number[]
}

/** Transformed x and the log-determinant of the Jacobian [batch]. */
export interface Flowed {
  readonly x: Tensor
  readonly logDeterminant: Tensor
}

export type Flow = Layer<[x: Tensor, context?: Tensor], Flowed>

const halves = (x: Tensor, size: number): [Tensor, Tensor] => [
  slice(x, [0, 0], [-1, size / 2]),
  slice(x, [0, size / 2], [-1, size / 2]),
]

/** The half that stays and the condition side by side. */
const conditioned = (kept: Tensor, context: Tensor | undefined): Tensor =>
  context === undefined ? kept : concat([kept, context], -1)

function checkSize(name: string, size: number): void {
  if (size % 2 === 0) return
  throw new SpillwayError('CONFIG_INVALID', `A coupling splits x in halves, and a size of ${size} is odd.`, {
    place: name,
    remedy: 'Add a dimension of noise, or leave one out.',
  })
}

/** One half is scaled and shifted as the other says, then they swap (RealNVP, arXiv:1605.08803). */
export function affineCoupling(name: string, options: CouplingOptions): Flow {
  const { size, context, hidden } = options
  checkSize(name, size)
  const net = mlp(name, { sizes: [size / 2 + context, ...hidden, size] })
  return {
    parameters: net.parameters,
    apply: (weights, x, condition) => {
      const [kept, moved] = halves(x, size)
      const [raw, shift] = halves(net.apply(weights, conditioned(kept, condition)), size)
      // Bounded, so that no scale can overflow.
      const scale = mul(tanh(raw), 2)
      const y = add(mul(moved, exp(scale)), shift)
      return { x: concat([y, kept], -1), logDeterminant: sum(scale, -1) }
    },
  }
}

export interface SplineCouplingOptions extends CouplingOptions {
  readonly bins: number
  readonly bound: number
}

/** One half goes through splines that the other chooses, then they swap (arXiv:1906.04032). */
export function splineCoupling(name: string, options: SplineCouplingOptions): Flow {
  const { size, context, hidden, bins, bound } = options
  checkSize(name, size)
  const half = size / 2
  const net = mlp(name, { sizes: [half + context, ...hidden, half * splineParameters(bins)] })
  return {
    parameters: net.parameters,
    apply: (weights, x, condition) => {
      const [kept, moved] = halves(x, size)
      const raw = splineRaw(net.apply(weights, conditioned(kept, condition)), half, bins)
      const { y, logDerivative } = rationalQuadraticSpline(moved, raw, { bins, bound })
      return { x: concat([y, kept], -1), logDeterminant: sum(logDerivative, -1) }
    },
  }
}

/** Several couplings in a row. */
export function flow(...layers: readonly Flow[]): Flow {
  return {
    parameters: joined(...layers),
    apply: (weights, x, context) =>
      layers.reduce<Flowed>(
        (before, layer) => {
          const after = layer.apply(weights, before.x, context)
          return { x: after.x, logDeterminant: add(before.logDeterminant, after.logDeterminant) }
        },
        { x, logDeterminant: zeros([x.shape[0] as number]) },
      ),
  }
}

/** log p(x) under a flow to standard normal numbers, [batch]. */
export function logProbability({ x, logDeterminant }: Flowed): Tensor {
  const size = x.shape[1] as number
  const base = sub(mul(sum(square(x), -1), -0.5), 0.5 * size * Math.log(2 * Math.PI))
  return add(base, logDeterminant)
}
