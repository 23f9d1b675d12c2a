import { performance } from 'node:perf_hooks'
import * as ort from 'onnxruntime-node'
import { SpillwayError } from '../errors.js'
import { type BatchSettings, type Chunk, type Part, plan } from './batching.js'
import { bindInputs, checkOutputs, type InputBinding } from './bindings.js'
import { DriftSampler, driftFeatures } from './drift.js'
import type { FeatureBuilder } from './feature-builder.js'
import { allFinite } from './finite.js'
import type { Manifest } from './manifest.js'
import type { LoadedSession } from './provider.js'

/** What scoring cost: summed over the calls of one `score`. */
export interface ScoreCost {
  readonly buildSeconds: number
  readonly inferSeconds: number
  /** Items of each inference call. */
  readonly calls: readonly number[]
  /** Entries that were there, and entries computed with the padding. */
  readonly entries: number
  readonly paddedEntries: number
}

/** Scores of one part: a value per column and item; items not asked for, and bad ones, hold NaN. */
export interface PartScores {
  readonly columns: readonly Float32Array[]
  /** Items whose features or scores are not finite. */
  readonly bad: readonly number[]
}

/** A loaded model with its feature builder: items in, columns out, in batched calls. Not reentrant. */
export interface Scorer {
  readonly manifest: Manifest
  readonly builder: FeatureBuilder
  /** Column names in the order of `PartScores.columns`. */
  readonly columns: readonly string[]
  readonly loaded: LoadedSession
  /** `null` where the manifest has no references, or nobody asked. */
  readonly drift: DriftSampler | null
  score(parts: readonly Part[]): Promise<{ readonly scores: readonly PartScores[]; readonly cost: ScoreCost }>
  release(): Promise<void>
}

export interface ScorerSettings extends BatchSettings {
  /** For drift, one item in so many is looked at; none when absent. */
  readonly driftEvery?: number
}

/** What every call into the runtime goes through: a worker thread notes there that it must not be ended. */
export type NativeCall = <T>(call: () => Promise<T>) => Promise<T>

/** @throws SpillwayError MODEL_INVALID when graph, manifest and builder do not fit together. */
export function makeScorer(
  loaded: LoadedSession,
  manifest: Manifest,
  builder: FeatureBuilder,
  settings: ScorerSettings,
  place: string,
  native: NativeCall = (call) => call(),
): Scorer {
  const { session } = loaded
  const inputs = bindInputs(session, manifest, builder, place)
  checkOutputs(session, manifest, place)
  const batch = manifest.batch === 'none' ? { ...settings, rows: 1 } : settings
  const exact = manifest.batch === 'none' && builder.exact === true
  const names = manifest.outputs.flatMap(({ columns }) => columns).filter((name) => name !== null)
  const fetches = manifest.outputs.map(({ name }) => name)
  const buffers = new TensorBuffers(builder)
  const features = driftFeatures(manifest, builder)
  const drift =
    features.length === 0 || settings.driftEvery === undefined
      ? null
      : new DriftSampler(features, settings.driftEvery)

  async function score(parts: readonly Part[]): Promise<Awaited<ReturnType<Scorer['score']>>> {
    const scores = parts.map(({ features }) => ({
      columns: names.map(() => new Float32Array(features.items).fill(Number.NaN)),
      bad: [] as number[],
    }))
    const calls: number[] = []
    let buildSeconds = 0
    let inferSeconds = 0
    let entries = 0
    let paddedEntries = 0
    for (const planned of plan(parts, batch)) {
      const chunk = exact ? { ...planned, length: ownLength(parts, planned) } : planned
      const start = performance.now()
      const tensors = buffers.sized(chunk.slots, chunk.length)
      fill(parts, chunk, tensors, builder)
      const feeds: Record<string, ort.Tensor> = {}
      for (const input of inputs) feeds[input.name] = feed(input, tensors[input.tensor], chunk)
      const built = performance.now()
      const results = await native(() => session.run(feeds, fetches))
      const inferred = performance.now()
      scatter(results, chunk, manifest, scores, place)
      flagBad(chunk, tensors, builder, scores)
      drift?.sample(chunk, parts, tensors, builder, scores)
      for (const result of Object.values(results)) result.dispose()
      entries += countEntries(parts, chunk)
      paddedEntries += chunk.slots * chunk.length
      calls.push(chunk.count)
      buildSeconds += (built - start) / 1e3
      inferSeconds += (inferred - built) / 1e3
    }
    return { scores, cost: { buildSeconds, inferSeconds, calls, entries, paddedEntries } }
  }

  return { manifest, builder, columns: names, loaded, drift, score, release: () => session.release() }
}

/** The length of the only item of a call. */
const ownLength = (parts: readonly Part[], { part, item }: Chunk): number =>
  parts[part[0]].features.lengths?.[item[0]] ?? 1

/** Reused input buffers that grow to the largest chunk seen. */
class TensorBuffers {
  readonly #builder: FeatureBuilder
  #buffers: Float32Array[]

  constructor(builder: FeatureBuilder) {
    this.#builder = builder
    this.#buffers = builder.tensors.map(() => new Float32Array(0))
  }

  /** Views of exactly `slots × length × width` values, one per tensor. */
  sized(slots: number, length: number): Float32Array[] {
    return this.#builder.tensors.map(({ shape }, k) => {
      const size = shape.reduce<number>(
        (product, dim) => product * (dim === 'n' ? slots : dim === 't' ? length : dim),
        1,
      )
      if (this.#buffers[k].length < size) this.#buffers[k] = new Float32Array(Math.ceil(size * 1.25))
      return this.#buffers[k].subarray(0, size)
    })
  }
}

/** Fills runs of slots that belong to one part; empty slots are zero. */
function fill(parts: readonly Part[], chunk: Chunk, tensors: Float32Array[], builder: FeatureBuilder): void {
  for (let from = 0; from < chunk.count; ) {
    let to = from + 1
    while (to < chunk.count && chunk.part[to] === chunk.part[from]) to++
    parts[chunk.part[from]].features.fill(chunk.item, from, to, from, chunk.length, tensors)
    from = to
  }
  if (chunk.slots === chunk.count) return
  for (let k = 0; k < builder.tensors.length; k++) {
    tensors[k].fill(0, (tensors[k].length / chunk.slots) * chunk.count)
  }
}

function feed({ type, dims }: InputBinding, values: Float32Array, chunk: Chunk): ort.Tensor {
  const shape = dims(chunk.slots, chunk.length)
  switch (type) {
    case 'float32':
      return new ort.Tensor('float32', values, shape)
    case 'float64':
      return new ort.Tensor('float64', Float64Array.from(values), shape)
    case 'int32':
      return new ort.Tensor('int32', Int32Array.from(values), shape)
    case 'int64':
      return new ort.Tensor(
        'int64',
        BigInt64Array.from(values, (value) => BigInt(Math.trunc(value))),
        shape,
      )
    case 'bool':
      return new ort.Tensor('bool', Uint8Array.from(values), shape)
  }
}

/** Copies each output component to its column, item by item. */
function scatter(
  results: ort.InferenceSession.ReturnType,
  { part, item, count, slots }: Chunk,
  manifest: Manifest,
  scores: readonly { readonly columns: readonly Float32Array[] }[],
  place: string,
): void {
  let first = 0
  for (const { name, columns } of manifest.outputs) {
    const data = results[name].data as Float32Array | BigInt64Array
    const width = columns.length
    if (data.length !== slots * width) {
      throw new SpillwayError(
        'MODEL_INVALID',
        `output ${name} has ${data.length} values for ${slots} items, the manifest names ${width} a piece`,
        { place },
      )
    }
    let column = first
    for (let c = 0; c < width; c++) {
      if (columns[c] === null) continue
      for (let s = 0; s < count; s++) scores[part[s]].columns[column][item[s]] = Number(data[s * width + c])
      column++
    }
    first = column
  }
}

/** Notes items with a feature or a score that is not finite: they must never be published. */
function flagBad(
  { part, item, count, slots }: Chunk,
  tensors: readonly Float32Array[],
  builder: FeatureBuilder,
  scores: readonly { readonly columns: readonly Float32Array[]; readonly bad: number[] }[],
): void {
  // x·0 is 0 for every finite x and NaN for the rest.
  let suspicious = tensors.every(allFinite) ? 0 : Number.NaN
  for (let s = 0; s < count; s++) {
    for (const column of scores[part[s]].columns) suspicious += column[item[s]] * 0
  }
  if (suspicious === 0) return
  for (let s = 0; s < count; s++) {
    let sum = 0
    for (let k = 0; k < builder.tensors.length; k++) {
      const width = tensors[k].length / slots
      for (let i = s * width; i < (s + 1) * width; i++) sum += tensors[k][i] * 0
    }
    for (const column of scores[part[s]].columns) sum += column[item[s]] * 0
    if (sum !== 0) scores[part[s]].bad.push(item[s])
  }
}

function countEntries(parts: readonly Part[], { part, item, count }: Chunk): number {
  if (parts.every(({ features }) => features.lengths === null)) return count
  let entries = 0
  for (let s = 0; s < count; s++) entries += parts[part[s]].features.lengths?.[item[s]] ?? 1
  return entries
}
