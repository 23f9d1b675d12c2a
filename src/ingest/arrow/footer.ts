import { Builder } from 'flatbuffers'
import { SpillwayError } from '../../errors.js'
import type { Flat } from './flat.js'
import type { ArrowSchema } from './schema-message.js'
import { schemaTable } from './write-schema.js'

/** Where one message of a file lies (File.fbs, Block), checked to be inside the file. */
export interface Block {
  readonly offset: number
  /** Marker, length and metadata, padded. */
  readonly metadataBytes: number
  readonly bodyBytes: number
}

export interface Footer {
  readonly dictionaries: readonly Block[]
  readonly batches: readonly Block[]
}

const maxBlocks = 1_000_000

/** Reads the Footer table. `fileBytes` is where blocks have to end. @throws SpillwayError FILE_UNREADABLE, FILE_LIMIT. */
export function readFooter(flat: Flat, path: string, fileBytes: number): Footer {
  const root = flat.root()
  return {
    dictionaries: readBlocks(flat, flat.field(root, 2), path, fileBytes),
    batches: readBlocks(flat, flat.field(root, 3), path, fileBytes),
  }
}

function readBlocks(flat: Flat, at: number, path: string, fileBytes: number): readonly Block[] {
  if (at === 0) return []
  const first = flat.vector(at, 24)
  const count = flat.count(first)
  if (count > maxBlocks)
    throw new SpillwayError('FILE_LIMIT', `${path} lists ${count} batches, the limit is ${maxBlocks}`, {
      place: path,
    })
  return Array.from({ length: count }, (_, i) => {
    const block = {
      offset: flat.i64(first + 24 * i),
      metadataBytes: flat.i32(first + 24 * i + 8),
      bodyBytes: flat.i64(first + 24 * i + 16),
    }
    const { offset, metadataBytes, bodyBytes } = block
    if (offset < 8 || metadataBytes < 8 || bodyBytes < 0 || offset + metadataBytes + bodyBytes > fileBytes)
      throw new SpillwayError('FILE_UNREADABLE', `the footer of ${path} puts batch ${i} outside the file`, {
        place: `${path}, byte ${offset}`,
      })
    return block
  })
}

/** Writes the Footer table: the schema and where each message lies. */
export function writeFooter(schema: ArrowSchema, footer: Footer): Uint8Array {
  const builder = new Builder(1024)
  const root = schemaTable(builder, schema)
  const dictionaries = blockVector(builder, footer.dictionaries)
  const batches = blockVector(builder, footer.batches)
  builder.startObject(5)
  builder.addFieldInt16(0, 4, 0)
  builder.addFieldOffset(1, root, 0)
  builder.addFieldOffset(2, dictionaries, 0)
  builder.addFieldOffset(3, batches, 0)
  builder.finish(builder.endObject())
  return builder.asUint8Array()
}

function blockVector(builder: Builder, blocks: readonly Block[]): number {
  builder.startVector(24, blocks.length, 8)
  for (const block of [...blocks].reverse()) {
    builder.prep(8, 24)
    builder.writeInt64(BigInt(block.bodyBytes))
    builder.pad(4)
    builder.writeInt32(block.metadataBytes)
    builder.writeInt64(BigInt(block.offset))
  }
  return builder.endVector()
}
