import type { RecordBatch } from 'apache-arrow'
import type { EventFormat, FileInfo, ReadOptions } from '../format.js'
import type { DescribeQuestion, NtupleInfo, TreeInfo } from './root/description.js'
import { ntupleShapes, readNtuple } from './root/ntuple.js'
import { branchShape, readTree } from './root/tree.js'
import { type ByteSource, openBytes } from './shared/bytes.js'
import { splitInside } from './shared/inside.js'
import { isolate } from './shared/isolate.js'
import { fileInfo } from './shared/schema.js'
import { type DecoderThreads, openThread } from './shared/threads.js'
export type RootDescription = TreeInfo | NtupleInfo

/**
 * ROOT files: a TTree or an RNTuple of numbers, lists of numbers, strings, and for RNTuple records. `file.root:dir/tree`
 * names one of several. jsroot reads the description in a thread of its own; values go from baskets and pages straight
 * to typed arrays.
 */
export const root: EventFormat = {
  name: 'root',
  extensions: ['.root'],
  async info(path, options) {
    const { path: file, inside } = splitInside(path, root.extensions)
    return rootInfo(await describe({ path: file, inside }, options?.threads))
  },
  async *read(path, options) {
    const { path: file, inside } = splitInside(path, root.extensions)
    const description = await describe({ path: file, inside }, options.threads)
    const source = await openBytes(file)
    try {
      yield* readRoot(source, description, options)
    } finally {
      await source.close()
    }
  },
}

const worker = new URL('./root/describe-worker.js', import.meta.url)

/** A thread that describes ROOT files, for one file or many. */
export const rootDescriber = (place: string, seconds?: number) =>
  isolate<DescribeQuestion, RootDescription>(worker, place, { seconds })

async function describe(
  question: DescribeQuestion,
  threads: DecoderThreads | undefined,
): Promise<RootDescription> {
  // Opening it first tells a missing file from a damaged one.
  await (await openBytes(question.path)).close()
  const describer = openThread<DescribeQuestion, RootDescription>(worker, question.path, threads)
  try {
    return await describer.ask(question)
  } finally {
    await describer.close()
  }
}

export function rootInfo(description: RootDescription): FileInfo {
  const shapes =
    description.kind === 'tree'
      ? description.branches.map(branchShape)
      : ntupleShapes(description).fields.map(({ shape }) => shape)
  return fileInfo(shapes, metadataOf(description), description.entries, description.name)
}

export function readRoot(
  source: ByteSource,
  description: RootDescription,
  options: ReadOptions,
): AsyncGenerator<RecordBatch> {
  const metadata = metadataOf(description)
  return description.kind === 'tree'
    ? readTree(source, description, metadata, options)
    : readNtuple(source, description, metadata, options)
}

function metadataOf(description: RootDescription): ReadonlyMap<string, string> {
  const skipped = description.kind === 'tree' ? description.skipped : ntupleShapes(description).skipped
  const metadata = new Map([['tree', description.name]])
  if (description.title !== '') metadata.set('title', description.title)
  for (const [name, why] of skipped) metadata.set(`skipped.${name}`, why)
  return metadata
}
