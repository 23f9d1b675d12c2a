import { type GraphOptions, type InputSpecs, type TracedFunction, traceGraph } from './graph.js'

/**
 * Exports a TensorFlow.js function as an ONNX model (opset 18). Tensors and variables that `fn` uses but does not
 * get as inputs become constants of the model.
 *
 *     exportModel(({ x }) => ({ score: model.predict(x) as Tensor }), { x: { shape: ['batch', 20] } })
 *
 * @param fn from named inputs to named outputs; synchronous; called once per trace (axes + 2 times).
 * @param inputs shapes; a string names a dynamic axis, and equal names mean equal sizes.
 * @returns the bytes of the .onnx file. Dynamic axes take any size there, zero included.
 * @throws SpillwayError TRACE_DATA_READ or TRACE_UNSUPPORTED, with the operation and the place in `fn`.
 */
export function exportModel(fn: TracedFunction, inputs: InputSpecs, options: GraphOptions = {}): Uint8Array {
  return traceGraph(fn, inputs, options)
}
