import { type RecordBatch, RecordBatchStreamWriter } from 'apache-arrow'

/** A record batch as a self-contained Arrow IPC stream: what a message holds. */
export const encodeBatch = (batch: RecordBatch): Uint8Array =>
  RecordBatchStreamWriter.writeAll([batch]).toUint8Array(true)
