import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { FileProxy, openFile, type RootFile } from 'jsroot/io'
import 'jsroot/tree'
import { SpillwayError } from '../../../errors.js'
import { hint } from '../../nearest.js'
import { overLimit, unreadable } from '../shared/damage.js'
import { limits } from '../shared/limits.js'
import { serve } from '../shared/serve.js'
import { describeNtuple, readAnchors } from './describe-ntuple.js'
import { describeTree } from './describe-tree.js'
import type { DescribeQuestion, NtupleInfo, TreeInfo } from './description.js'

/** Gives jsroot the bytes it asks for, and no more than a file's description may take. */
class FileBytes extends FileProxy {
  readonly #question: DescribeQuestion
  readonly #file: number
  readonly #size: number
  #given = 0

  constructor(question: DescribeQuestion) {
    super()
    this.#question = question
    this.#file = question.bytes === undefined ? openSync(question.path, 'r') : -1
    this.#size = question.bytes?.length ?? fstatSync(this.#file).size
  }

  override async openFile(): Promise<boolean> {
    return true
  }
  override getFileName(): string {
    return this.#question.path
  }
  override getFileSize(): number {
    return this.#size
  }
  override async readBuffer(position: number, length: number): Promise<DataView> {
    const { bytes, path } = this.#question
    if (!(position >= 0 && position < this.#size && length >= 0))
      throw unreadable(`wants ${length} bytes at byte ${position}, the file has ${this.#size}`, path)
    const size = Math.min(length, this.#size - position)
    this.#given += size
    if (this.#given > limits.metadataBytes) throw overLimit(`a description of ${this.#given} bytes`, path)
    const out = new Uint8Array(size)
    if (bytes !== undefined) out.set(bytes.subarray(position, position + size))
    else readSync(this.#file, out, 0, size, position)
    return new DataView(out.buffer)
  }
  override closeFile(): void {
    if (this.#file >= 0) closeSync(this.#file)
  }
}

const treeClasses = ['TTree', 'TNtuple', 'TNtupleD']
const ntupleClasses = ['ROOT::RNTuple', 'ROOT::Experimental::RNTuple']

readAnchors()

interface Found {
  readonly path: string
  readonly cls: string
}

serve(async (question: DescribeQuestion) => {
  const proxy = new FileBytes(question)
  try {
    const file = await openFile(proxy)
    const found = await choose(file, question)
    const object = await file.readObject(found.path)
    const value: TreeInfo | NtupleInfo = treeClasses.includes(found.cls)
      ? describeTree(object, found.path, question.path)
      : await describeNtuple(file, object, found.path, question.path)
    return { value }
  } finally {
    proxy.closeFile()
  }
})

/** The tree asked for; else the one named Events, else the only one. */
async function choose(file: RootFile, { path, inside }: DescribeQuestion): Promise<Found> {
  const found = await list(file, file.fKeys, '', 0)
  const names = found.map((one) => one.path)
  if (found.length === 0) throw unreadable('holds no TTree and no RNTuple', path)
  if (inside !== null) {
    const match = found.find((one) => one.path === inside)
    if (match !== undefined) return match
    throw unreadable(`holds no tree ${inside}${hint(inside, names)}`, path)
  }
  const events = found.find((one) => one.path === 'Events')
  if (events !== undefined) return events
  if (found.length > 1) {
    throw new SpillwayError('FILE_UNREADABLE', `holds several trees: ${names.slice(0, 20).join(', ')}`, {
      place: path,
      remedy: `Say which: ${path}:${names[0]}`,
    })
  }
  return found[0]
}

async function list(
  file: RootFile,
  keys: RootFile['fKeys'],
  prefix: string,
  depth: number,
): Promise<readonly Found[]> {
  const found = new Map<string, Found>()
  for (const { fName, fClassName } of keys) {
    const path = `${prefix}${fName}`
    if (treeClasses.includes(fClassName) || ntupleClasses.includes(fClassName)) {
      if (!found.has(path)) found.set(path, { path, cls: fClassName })
    } else if (fClassName.startsWith('TDirectory') && depth < 4) {
      const directory = (await file.readObject(path)) as { readonly fKeys?: RootFile['fKeys'] } | null
      for (const one of await list(file, directory?.fKeys ?? [], `${path}/`, depth + 1))
        found.set(one.path, one)
    }
  }
  return [...found.values()]
}
