import { SpillwayError } from '../../errors.js'
import type { Flat } from './flat.js'

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
