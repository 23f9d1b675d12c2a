export { type Activation, activate, gelu, silu } from './activations.js'
export { type AttentionOptions, attention, attentionBias, masked, pairBias } from './attention.js'
export { type BatchNorm, type BatchNormOptions, type BatchNormOutput, batchNorm } from './batchNorm.js'
export { type InputConvexOptions, inputConvex } from './convex.js'
export {
  affineCoupling,
  type CouplingOptions,
  type Flow,
  type Flowed,
  flow,
  logProbability,
  type SplineCouplingOptions,
  splineCoupling,
} from './coupling.js'
export { type DeepSetsOptions, deepSets } from './deepSets.js'
export { type DenseOptions, dense, linear } from './dense.js'
export { type DenseNormOptions, denseNorm } from './denseNorm.js'
export { dropout } from './dropout.js'
export { type EdgeConvOptions, edgeConv } from './edgeConv.js'
export { type EdgeConvNormOptions, edgeConvNorm } from './edgeConvNorm.js'
export { type Edges, paddedEdges } from './edges.js'
export { gru, type RecurrentOptions } from './gru.js'
export { constant, given, type Initializer, ones, scaledNormal, zeros } from './initial.js'
export { layerNorm } from './layerNorm.js'
export { binaryCrossEntropy, crossEntropy, huber, squaredError, weightedMean } from './losses.js'
export { lstm } from './lstm.js'
export { type MlpOptions, mlp } from './mlp.js'
export { type Neighbours, nearest } from './neighbours.js'
export { type NormalisationConstants, normalise } from './normalise.js'
export { packedEdges } from './packedEdges.js'
export { pooledRows } from './packedPooling.js'
export { type Packing, packed, packing } from './packing.js'
export {
  carriedSpecs,
  initialise,
  joined,
  type Layer,
  type ParameterSpec,
  type Parameters,
  trainedSpecs,
} from './parameters.js'
export { attentionPooling, type Pooling, pooled, pooledAll } from './pooling.js'
export type { RecurrentOutput } from './recurrent.js'
export { rationalQuadraticSpline, type SplineOptions, splineParameters, type Transformed } from './spline.js'
export { type BlockOptions, transformerBlock } from './transformer.js'
