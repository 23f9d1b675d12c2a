import { add, mul, relu, softplus, type Tensor } from '../trace/tf.js'
import { dense, linear } from './dense.js'
import { constant, type Initializer, scaledNormal } from './initial.js'
import { joined, type Layer, type Parameters } from './parameters.js'

export interface InputConvexOptions {
  /** Size of the input that the output is convex in. */
  readonly inputs: number
  /** Size of the input that it may depend on in any way. */
  readonly context: number
  readonly widths: readonly number[]
}

/** softplus of about −4 keeps the sum over the inputs of order one at the start. */
const nearZero: Initializer = (shape, normal) =>
  Float32Array.from({ length: shape[0] * shape[1] }, () => -4 + 0.1 * normal())

/**
 * A scalar that is convex in y [batch, inputs] and free in the context [batch, context]: the partially input-convex
 * network of Amos, Xu and Kolter (arXiv:1609.07152, equation 3). The weights on the convex path are positive
 * (softplus of the parameters) and its activation, softplus, is convex and rising.
 */
export function inputConvex(
  name: string,
  options: InputConvexOptions,
): Layer<[y: Tensor, context: Tensor], Tensor> {
  const stages = stagesOf(name, options)
  return {
    parameters: joined(...stages),
    apply: (weights, y, context) => {
      let free = context
      let convex: Tensor | undefined
      for (const stage of stages) {
        convex = stage.convex(weights, y, free, convex)
        free = stage.free(weights, free)
      }
      return convex!
    },
  }
}

function stagesOf(name: string, { inputs, context, widths }: InputConvexOptions) {
  const sizes = [...widths, 1]
  return sizes.map((size, i) => {
    const own = `${name}/${i}`
    const last = i + 1 === sizes.length
    const freeSize = i === 0 ? context : widths[i - 1]
    const before = i === 0 ? 0 : widths[i - 1]
    const onFree = dense(`${own}/from-context`, { inputs: freeSize, outputs: size })
    const onY = dense(`${own}/from-y`, { inputs, outputs: size, bias: false, initial: scaledNormal(1) })
    const gateY = dense(`${own}/gate-y`, { inputs: freeSize, outputs: inputs })
    const gateZ = dense(`${own}/gate-z`, { inputs: freeSize, outputs: before })
    const free = dense(`${own}/context`, { inputs: freeSize, outputs: size })
    const positive: Parameters = { [`${own}/positive`]: { shape: [before, size], initial: nearZero } }
    const bias: Parameters = { [`${own}/gate-y/bias`]: { shape: [inputs], initial: constant(1) } }
    const parameters: Parameters = {
      ...joined(onFree, onY, gateY, ...(last ? [] : [free])),
      ...bias,
      ...(i === 0 ? {} : { ...gateZ.parameters, ...positive }),
    }
    return {
      parameters,
      free: (weights: Readonly<Record<string, Tensor>>, u: Tensor) =>
        last ? u : relu(free.apply(weights, u)),
      convex: (weights: Readonly<Record<string, Tensor>>, y: Tensor, u: Tensor, z: Tensor | undefined) => {
        const ofY = onY.apply(weights, mul(y, gateY.apply(weights, u)))
        const flat = add(ofY, onFree.apply(weights, u))
        if (z === undefined) return softplus(flat)
        const gate = relu(gateZ.apply(weights, u))
        const sum = add(flat, linear(mul(z, gate), softplus(weights[`${own}/positive`])))
        return last ? sum : softplus(sum)
      },
    }
  })
}
