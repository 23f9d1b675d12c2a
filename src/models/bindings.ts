import type * as ort from 'onnxruntime-node'
import { SpillwayError } from '../errors.js'
import type { FeatureBuilder } from './feature-builder.js'
import type { Manifest } from './manifest.js'

type ElementType = 'float32' | 'float64' | 'int32' | 'int64' | 'bool'
const ELEMENT_TYPES: readonly string[] = ['float32', 'float64', 'int32', 'int64', 'bool']

/** One graph input: which tensor of the builder feeds it, as what type and shape. */
export interface InputBinding {
  readonly name: string
  /** Index among the builder's tensors. */
  readonly tensor: number
  readonly type: ElementType
  /** Values of one item for each entry of the ragged axis: the product of the static dimensions. */
  readonly width: number
  readonly ragged: boolean
  /** Shape for `n` items of padded length `t`; without the batch axis where the graph has none. */
  readonly dims: (n: number, t: number) => number[]
}

/**
 * Binds the graph's inputs to the feature builder's tensors, as the manifest says.
 * @throws SpillwayError MODEL_INVALID naming the input whose name, type, rank or width does not fit.
 */
export function bindInputs(
  session: ort.InferenceSession,
  manifest: Manifest,
  builder: FeatureBuilder,
  place: string,
): InputBinding[] {
  const fail = (message: string): never => {
    throw new SpillwayError('MODEL_INVALID', message, { place })
  }
  const unknown = Object.keys(manifest.inputs).filter((name) => !session.inputNames.includes(name))
  if (unknown.length > 0) {
    fail(`the graph has no input ${unknown.join(', ')}; it has ${session.inputNames.join(', ')}`)
  }
  return session.inputMetadata.map((input) => {
    const name = input.name
    const wanted = manifest.inputs[name]
    if (wanted === undefined) fail(`graph input ${name} is not bound to a tensor in the manifest`)
    const tensor = builder.tensors.findIndex((candidate) => candidate.name === wanted)
    if (tensor < 0) {
      fail(
        `feature builder ${builder.id} has no tensor ${wanted}; it has ${builder.tensors.map((t) => t.name).join(', ')}`,
      )
    }
    if (!input.isTensor || !ELEMENT_TYPES.includes(input.type)) {
      throw new SpillwayError('MODEL_INVALID', `graph input ${name} is of an unsupported type`, { place })
    }
    const spec = builder.tensors[tensor].shape
    const graph = input.shape
    const dropsBatch = manifest.batch === 'none' && graph.length === spec.length - 1
    if (graph.length !== spec.length && !dropsBatch) {
      fail(
        `graph input ${name} has ${graph.length} axes, tensor ${wanted} has ${spec.length}: [${spec.join(', ')}]`,
      )
    }
    const shape = dropsBatch ? spec.slice(1) : spec
    shape.forEach((dim, axis) => {
      const found = graph[axis]
      if (typeof dim === 'number' && typeof found === 'number' && found !== dim && found > 0) {
        fail(`graph input ${name} is ${found} wide on axis ${axis}, tensor ${wanted} is ${dim}`)
      }
      if (dim === 'n' && manifest.batch === 'dynamic' && typeof found === 'number' && found > 0) {
        fail(
          `graph input ${name} has a fixed batch of ${found}; say batch: "none" in the manifest if it is 1`,
        )
      }
    })
    return {
      name,
      tensor,
      type: input.type as ElementType,
      width: shape.reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : 1), 1),
      ragged: shape.includes('t'),
      dims: (n, t) => shape.map((dim) => (dim === 'n' ? n : dim === 't' ? t : dim)),
    }
  })
}

/**
 * @throws SpillwayError MODEL_INVALID when an output that the manifest names is not in the graph, or has another width
 * than the manifest names columns.
 */
export function checkOutputs(session: ort.InferenceSession, manifest: Manifest, place: string): void {
  for (const { name, columns } of manifest.outputs) {
    const output = session.outputMetadata[session.outputNames.indexOf(name)]
    if (output === undefined) {
      throw new SpillwayError(
        'MODEL_INVALID',
        `the graph has no output ${name}; it has ${session.outputNames.join(', ')}`,
        { place },
      )
    }
    const shape = output.isTensor ? output.shape : []
    const perItem = manifest.batch === 'dynamic' ? shape.slice(1) : shape
    if (!perItem.every((dim) => typeof dim === 'number' && dim > 0)) continue
    const width = perItem.reduce<number>((product, dim) => product * Number(dim), 1)
    if (width !== columns.length) {
      throw new SpillwayError(
        'MODEL_INVALID',
        `graph output ${name} has ${width} values an item, the manifest names ${columns.length} columns`,
        { place },
      )
    }
  }
}
