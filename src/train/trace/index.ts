export type { ScanBody } from './body.js'
export { exportModel } from './export.js'
export type {
  Dimension,
  GraphOptions,
  InputSpec,
  InputSpecs,
  Tensors,
  TracedFunction,
} from './graph.js'
export { OPSET, traceGraph } from './graph.js'
export { traceKernels } from './kernels/index.js'
export { contribAllowed, isTracing, type OnnxOperator, recordOperator } from './operator.js'
export { type AdamOptions, type AdamWOptions, adam, adamW } from './optimizers/adam.js'
export { clipByEntry, clipByGlobalNorm } from './optimizers/clip.js'
export type { Optimizer, Tempo, Updated } from './optimizers/optimizer.js'
export { type SgdOptions, sgd } from './optimizers/sgd.js'
export { positionsOf } from './positions.js'
export {
  type LossResult,
  next,
  persistentSpecs,
  RATE,
  STEP,
  type StateSpec,
  type StateSpecs,
  type StepContext,
  type StepGraph,
  type StepProgram,
  slotName,
} from './program.js'
export { counterUniform } from './random.js'
export {
  type Arrays,
  type Batch,
  type InputArray,
  type Numbers,
  type OnnxRuntime,
  StepRunner,
} from './runner.js'
export { recordScan, type ScanInputs } from './scan.js'
export { runStep, type StepOutcome, traceStep } from './step.js'
export { isDifferentiating, withoutGradient } from './tape.js'
