/** What a reader may hold at once, whatever the file claims. Files of experiments stay well below each. */
export const limits = {
  /** Schema, footer or header of a file, in bytes, packed or not. */
  metadataBytes: 256 * 1024 * 1024,
  /** One page, basket or chunk of a column, unpacked, in bytes. */
  pageBytes: 256 * 1024 * 1024,
  /** Columns of a file. */
  columns: 20_000,
  /** Values of one column in one batch. */
  batchValues: 64 * 1024 * 1024,
  /** One line of a text format, in bytes. */
  lineBytes: 16 * 1024 * 1024,
  /** Particles or vertices of one event. */
  eventItems: 4 * 1024 * 1024,
  /** Seconds a third-party decoder may take for one answer. */
  answerSeconds: 60,
  /** Memory of a third-party decoder's thread, in MB. */
  threadMegabytes: 2048,
} as const
