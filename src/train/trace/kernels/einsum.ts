import { sizeOf, type Value } from '../ir.js'
import type { Recorder } from '../recorder.js'
import type { TensorInfo } from '../tf.js'
import { kernel, type TraceKernel } from './kernel.js'
import { reshaped } from './reshape.js'

interface Term {
  readonly letters: readonly string[]
  readonly tensor: TensorInfo
}

/** Sums over the letters that are not in `wanted`. */
function summed(r: Recorder, { letters, tensor }: Term, wanted: readonly string[]): Term {
  const axes = letters.flatMap((letter, axis) => (wanted.includes(letter) ? [] : [axis]))
  if (axes.length === 0) return { letters, tensor }
  const shape = tensor.shape.filter((_, axis) => !axes.includes(axis))
  const value = r.node('ReduceSum', [r.exact(tensor), r.sizes(axes)], shape, 'float32', { keepdims: 0 })
  return { letters: letters.filter((letter) => wanted.includes(letter)), tensor: r.result(value) }
}

function ordered(r: Recorder, { letters, tensor }: Term, order: readonly string[]): Term {
  const perm = order.map((letter) => letters.indexOf(letter))
  if (perm.every((axis, i) => axis === i)) return { letters, tensor }
  const shape = perm.map((axis) => tensor.shape[axis])
  const value = r.node('Transpose', [r.exact(tensor)], shape, 'float32', { perm })
  return { letters: order, tensor: r.result(value) }
}

/** Two terms as one batched matrix product: shared output letters, then rows, contracted letters and columns. */
function contracted(r: Recorder, a: Term, b: Term, output: readonly string[]): Term {
  const left = summed(r, a, [...b.letters, ...output])
  const right = summed(r, b, [...a.letters, ...output])
  const both = left.letters.filter((letter) => right.letters.includes(letter))
  const batch = both.filter((letter) => output.includes(letter))
  const inner = both.filter((letter) => !output.includes(letter))
  const rows = left.letters.filter((letter) => !both.includes(letter))
  const columns = right.letters.filter((letter) => !both.includes(letter))
  const size = (letters: readonly string[], { letters: own, tensor }: Term) =>
    letters.map((letter) => tensor.shape[own.indexOf(letter)])
  const matrix = (term: Term, parts: readonly (readonly string[])[]): Value => {
    const { tensor } = ordered(r, term, parts.flat())
    return r.exact(
      reshaped(
        r,
        tensor,
        parts.map((part) => sizeOf(size(part, term))),
      ),
    )
  }
  const x = matrix(left, [batch, rows, inner])
  const y = matrix(right, [batch, inner, columns])
  const product = r.node('MatMul', [x, y], [x.shape[0], x.shape[1], y.shape[2]], 'float32')
  const shape = [...size(batch, left), ...size(rows, left), ...size(columns, right)]
  return { letters: [...batch, ...rows, ...columns], tensor: reshaped(r, r.result(product), shape) }
}

/**
 * Einsum by transposes and matrix products. Not ONNX's operator of that name: ONNX Runtime's ends the process (a
 * division by zero) on an empty batch. Letters may not repeat within a term.
 */
export const einsumKernels: readonly TraceKernel[] = [
  kernel<{ equation: string }>('Einsum', (r, inputs, { equation }) => {
    const [left, right] = equation.replace(/\s/g, '').split('->')
    const output = [...right]
    const terms = left
      .split(',')
      .map((text, i): Term => ({ letters: [...text], tensor: Object.values(inputs)[i] }))
    if (terms.some(({ letters }) => new Set(letters).size < letters.length)) throw new Error(equation)
    const joined = terms.reduce((a, b, i) => {
      const later = terms.slice(i + 1).flatMap((term) => term.letters)
      return contracted(r, a, b, [...new Set([...output, ...later])])
    })
    return ordered(r, summed(r, joined, output), output).tensor
  }),
]
