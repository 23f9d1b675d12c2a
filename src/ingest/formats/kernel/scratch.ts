import { blocksWasm } from './blocks.wasm.js'
import { levelsWasm } from './levels.wasm.js'

/** The part of WebAssembly used here; the ES libraries of TypeScript do not describe it. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown }
}

/** A function on regions of the scratch memory; blocks.wat and levels.wat say what each does. */
type Kernel = (...numbers: readonly number[]) => number

interface BlockExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  readonly lz4: Kernel
  readonly snappy: Kernel
}

interface LevelExports {
  readonly hybrid: Kernel
  readonly largest: Kernel
  readonly gather4: Kernel
  readonly count: Kernel
  readonly lists: Kernel
  readonly present: Kernel
}

const { WebAssembly: api } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }
const blocksModule = new api.Module(Buffer.from(blocksWasm, 'base64'))
const levelsModule = new api.Module(Buffer.from(levelsWasm, 'base64'))

const pageBytes = 65_536
const slack = 32

/**
 * Memory to unpack and decode in, and the kernels that do it: what is thrown away at once then costs the garbage
 * collector nothing. Regions are good until `clear`. The memory grows to the most that was asked for between two
 * clears and goes with its owner, a reader of one file.
 */
export class Scratch {
  readonly lz4: Kernel
  readonly snappy: Kernel
  readonly hybrid: Kernel
  readonly largest: Kernel
  readonly gather4: Kernel
  readonly count: Kernel
  readonly lists: Kernel
  readonly present: Kernel
  readonly #memory: BlockExports['memory']
  #top = 0
  #bytes: Uint8Array

  constructor() {
    const blocks = new api.Instance(blocksModule, {}).exports as BlockExports
    const levels = new api.Instance(levelsModule, { blocks }).exports as LevelExports
    this.lz4 = blocks.lz4
    this.snappy = blocks.snappy
    this.hybrid = levels.hybrid
    this.largest = levels.largest
    this.gather4 = levels.gather4
    this.count = levels.count
    this.lists = levels.lists
    this.present = levels.present
    this.#memory = blocks.memory
    this.#bytes = new Uint8Array(this.#memory.buffer)
  }

  /** Frees all regions. */
  clear(): void {
    this.#top = 0
  }

  /** The address of a new region of `size` bytes, aligned for every type. @throws RangeError when memory is short. */
  room(size: number): number {
    const at = this.#top
    this.#top = Math.ceil((at + size + slack) / 16) * 16
    const missing = at + size + slack + 15 - this.#bytes.length
    if (missing > 0) this.#grow(missing)
    return at
  }

  #grow(missing: number): void {
    try {
      this.#memory.grow(Math.ceil(missing / pageBytes))
    } catch (cause) {
      throw new RangeError(`allocation of ${missing} more bytes of scratch memory failed`, { cause })
    }
    this.#bytes = new Uint8Array(this.#memory.buffer)
  }

  /** All of the memory, until the next `room`. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** A region with a copy of `bytes`. */
  put(bytes: Uint8Array): number {
    const at = this.room(bytes.length)
    this.#bytes.set(bytes, at)
    return at
  }
}
