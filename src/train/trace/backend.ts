import { SpillwayError } from '../../errors.js'
import type { Value } from './ir.js'
import { placeOf } from './site.js'
import { type BackendValues, type DataId, DataStorage, type DataType, engine, KernelBackend } from './tf.js'
import type { Trace } from './trace.js'

/**
 * What a tensor of the trace backend holds: a recorded value, one number that fills the whole tensor, or an
 * array that was known before tracing. A recorded value may be smaller than its tensor (it broadcasts to it).
 */
export type Content =
  | { readonly kind: 'recorded'; readonly value: Value }
  | { readonly kind: 'uniform'; readonly number: number; readonly count: number }
  | { readonly kind: 'array'; readonly values: ArrayLike<number> }

interface Slot {
  readonly content: Content
  readonly dtype: DataType
  references: number
}

export const BACKEND_NAME = 'onnx-trace'

/** A TensorFlow.js backend that stores what was recorded instead of numbers; it never computes. */
export class TraceBackend extends KernelBackend {
  readonly #slots: DataStorage<Slot>
  #trace: Trace | undefined

  constructor() {
    super()
    this.#slots = new DataStorage(this, engine())
  }

  /** The trace being recorded. Throws when a kernel of this backend runs outside of one. */
  get trace(): Trace {
    if (this.#trace === undefined) {
      throw new SpillwayError('INTERNAL', `The ${BACKEND_NAME} backend was used outside of a trace.`)
    }
    return this.#trace
  }

  get isTracing(): boolean {
    return this.#trace !== undefined
  }

  /** Records into `trace` while `fn` runs. */
  during<T>(trace: Trace, fn: () => T): T {
    const before = this.#trace
    this.#trace = trace
    try {
      return fn()
    } finally {
      this.#trace = before
    }
  }

  content(dataId: DataId): Content {
    return this.#slots.get(dataId).content
  }

  store(content: Content, dtype: DataType): DataId {
    const dataId: DataId = {}
    this.#slots.set(dataId, { content, dtype, references: 1 })
    return dataId
  }

  override write(values: BackendValues, _shape: number[], dtype: DataType): DataId {
    return this.store(known(values, dtype), dtype)
  }

  override move(
    dataId: DataId,
    values: BackendValues,
    _shape: number[],
    dtype: DataType,
    references: number,
  ): void {
    this.#slots.set(dataId, { content: known(values, dtype), dtype, references })
  }

  /** Gives what was known before tracing; a recorded value has no numbers to give. */
  override readSync(dataId: DataId): BackendValues {
    const { content, dtype } = this.#slots.get(dataId)
    if (content.kind === 'array') return content.values as BackendValues
    if (content.kind === 'uniform') return filled(content, dtype)
    const { item } = content.value
    const op = item.kind === 'node' ? item.op : `input ${item.kind === 'input' ? item.name : ''}`
    throw new SpillwayError(
      'TRACE_DATA_READ',
      `The traced function reads the value of a tensor (of ${op}).`,
      {
        place: placeOf(new Error('read')),
      },
    )
  }

  override async read(dataId: DataId): Promise<BackendValues> {
    return this.readSync(dataId)
  }

  override numDataIds(): number {
    return this.#slots.numDataIds()
  }

  override refCount(dataId: DataId): number {
    return this.#slots.has(dataId) ? this.#slots.get(dataId).references : 0
  }

  override incRef(dataId: DataId): void {
    this.#slots.get(dataId).references++
  }

  decRef(dataId: DataId): void {
    if (this.#slots.has(dataId)) this.#slots.get(dataId).references--
  }

  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.#slots.has(dataId)) return true
    this.decRef(dataId)
    if (!force && this.refCount(dataId) > 0) return false
    this.#slots.delete(dataId)
    return true
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true }
  }

  override floatPrecision(): 32 {
    return 32
  }

  override epsilon(): number {
    return 1e-7
  }

  override timerAvailable(): boolean {
    return false
  }

  override dispose(): void {}
}

function known(values: BackendValues, dtype: DataType): Content {
  if (dtype === 'string' || dtype === 'complex64') {
    throw new SpillwayError('TRACE_UNSUPPORTED', `Tensors of type ${dtype} cannot be traced.`, {
      place: placeOf(new Error('constant')),
    })
  }
  const numbers = values as ArrayLike<number>
  const first = Number(numbers[0])
  for (let i = 0; i < numbers.length; i++) {
    if (!Object.is(Number(numbers[i]), first)) return { kind: 'array', values: numbers }
  }
  if (numbers.length === 0) return { kind: 'array', values: numbers }
  return { kind: 'uniform', number: first, count: numbers.length }
}

function filled({ number, count }: { number: number; count: number }, dtype: DataType): BackendValues {
  if (dtype === 'int32') return new Int32Array(count).fill(number)
  if (dtype === 'bool') return new Uint8Array(count).fill(number)
  return new Float32Array(count).fill(number)
}
