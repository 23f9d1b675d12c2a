import { engine, type Tensor } from './tf.js'

/** The engine's gradient bookkeeping, which TensorFlow.js has no public call for. */
interface TapeState {
  gradientDepth: number
  kernelDepth: number
}

const tapeState = (): TapeState => (engine() as unknown as { state: TapeState }).state

/** Runs `fn` without recording it for gradients: its results count as constants (a stop-gradient). */
export function withoutGradient<T extends Tensor | Tensor[]>(fn: () => T): T {
  const state = tapeState()
  // The engine records nothing while it is inside of a kernel.
  state.kernelDepth++
  try {
    return fn()
  } finally {
    state.kernelDepth--
  }
}

/** Whether what runs now will be differentiated. Layers use it to choose an operator that has no gradient. */
export function isDifferentiating(): boolean {
  const { gradientDepth, kernelDepth } = tapeState()
  return gradientDepth > 0 && kernelDepth === 0
}
