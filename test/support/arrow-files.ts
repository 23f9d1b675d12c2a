import { ArrowFileWriter } from '#spillway/ingest/arrow/index.js'

/** Writes an Arrow file of these streams, a record batch each. */
export async function writeArrow(path: string, streams: readonly Uint8Array[]): Promise<string> {
  const writer = await ArrowFileWriter.open(path)
  for (const stream of streams) await writer.append(stream)
  await writer.finish()
  return path
}
