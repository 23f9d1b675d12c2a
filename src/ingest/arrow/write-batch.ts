/** What a record batch holds, in wire order: length and nulls of each field node, and the buffers. */
export interface BatchArrays {
  readonly rows: number
  /** Pairs: values, nulls. */
  readonly nodes: readonly number[]
  readonly buffers: readonly ArrayBufferView[]
}

/** The marker that ends a stream. */
export const endOfStream: Uint8Array = Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0)

const recordBatchHeader = 3
const v5 = 4
// Positions in the metadata of a record batch message; see `writeMetadata`.
const messageTable = 16
const batchTable = 52
const nodesAt = 80

const pad8 = (bytes: number) => Math.ceil(bytes / 8) * 8

/** Bytes that `writeBatch` will write: marker, metadata and body. */
export function batchBytes(batch: BatchArrays): number {
  let body = 0
  for (const buffer of batch.buffers) body += pad8(buffer.byteLength)
  return 8 + metadataBytes(batch) + body
}

/**
 * Writes a record batch message at `start`, which should be a multiple of 8, and gives where it ends. Every byte up to
 * there is written, padding too.
 */
export function writeBatch(out: Uint8Array, start: number, batch: BatchArrays): number {
  const metadata = metadataBytes(batch)
  let at = start + 8 + metadata
  let body = 0
  out.fill(0, start, at)
  const lengths = new Array<number>(batch.buffers.length * 2)
  for (let i = 0; i < batch.buffers.length; i++) {
    const { buffer, byteOffset, byteLength } = batch.buffers[i]
    if (byteLength > 0) out.set(new Uint8Array(buffer, byteOffset, byteLength), at)
    if (byteLength % 8 !== 0) out.fill(0, at + byteLength, at + pad8(byteLength))
    lengths[2 * i] = body
    lengths[2 * i + 1] = byteLength
    at += pad8(byteLength)
    body += pad8(byteLength)
  }
  writeMetadata(new DataView(out.buffer, out.byteOffset + start, 8 + metadata), batch, lengths, body)
  return at
}

function metadataBytes(batch: BatchArrays): number {
  return nodesAt + 8 * batch.nodes.length + 8 + 16 * batch.buffers.length
}

/**
 * A record batch's metadata always has the same shape, so its flatbuffer is written in place: Message vtable at 4 and
 * table at 16, RecordBatch vtable at 36 and table at 52, nodes from 80 on, then the buffers; 64-bit values on
 * multiples of 8.
 */
function writeMetadata(view: DataView, batch: BatchArrays, buffers: readonly number[], body: number): void {
  const length = metadataBytes(batch)
  const u16 = (at: number, ...values: number[]) =>
    values.forEach((v, i) => void view.setUint16(8 + at + 2 * i, v, true))
  const i32 = (at: number, value: number) => view.setInt32(8 + at, value, true)
  view.setUint32(0, 0xffffffff, true)
  view.setInt32(4, length, true)
  i32(0, messageTable)
  u16(4, 12, 20, 16, 18, 4, 8)
  i32(messageTable, messageTable - 4)
  i32(messageTable + 4, batchTable - (messageTable + 4))
  i64(view, 8 + messageTable + 8, body)
  u16(messageTable + 16, v5)
  view.setUint8(8 + messageTable + 18, recordBatchHeader)
  u16(36, 10, 20, 4, 12, 16)
  i32(batchTable, batchTable - 36)
  i64(view, 8 + batchTable + 4, batch.rows)
  const buffersAt = nodesAt + 8 * batch.nodes.length + 8
  i32(batchTable + 12, nodesAt - 4 - (batchTable + 12))
  i32(batchTable + 16, buffersAt - 4 - (batchTable + 16))
  i32(nodesAt - 4, batch.nodes.length / 2)
  for (let i = 0; i < batch.nodes.length; i++) i64(view, 8 + nodesAt + 8 * i, batch.nodes[i])
  i32(buffersAt - 4, buffers.length / 2)
  for (let i = 0; i < buffers.length; i++) i64(view, 8 + buffersAt + 8 * i, buffers[i])
}

function i64(view: DataView, at: number, value: number): void {
  view.setInt32(at, value | 0, true)
  view.setInt32(at + 4, Math.floor(value / 0x1_0000_0000), true)
}

/** A self-contained stream: messages as they are (schema, dictionaries), batches to write, and the end marker. */
export function writeStream(pieces: readonly (Uint8Array | BatchArrays)[]): Uint8Array {
  let total = endOfStream.length
  for (const piece of pieces) total += piece instanceof Uint8Array ? piece.length : batchBytes(piece)
  // Memory that is not zeroed first, and is no part of a pool: the result can be transferred.
  const out = new Uint8Array(Buffer.allocUnsafeSlow(total).buffer)
  let at = 0
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) {
      out.set(piece, at)
      at += piece.length
    } else at = writeBatch(out, at, piece)
  }
  out.set(endOfStream, at)
  return out
}
