export { createExecutor } from './create.js'
export type { Executor, ExecutorConfig, TrainProgram } from './executor.js'
