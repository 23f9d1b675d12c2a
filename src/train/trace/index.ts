export { exportModel } from './export.js'
export type { Dimension, GraphOptions, InputSpec, InputSpecs, TracedFunction } from './graph.js'
export { traceGraph } from './graph.js'
