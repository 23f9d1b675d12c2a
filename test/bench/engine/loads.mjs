import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { batches, decodeMessage, defaultLimits, encodeSubset } from '#spillway/ingest/arrow/index.js'
import { ArrowFileWriter } from '#spillway/ingest/arrow/write-file.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')

/** The two loads: which model, on what, and what comes out. */
export const loads = {
  mlp: {
    title: 'MLP on event features',
    model: join(root, 'test', 'data', 'models', 'polarization'),
    data: join(root, 'demo', 'data', 'zj.arrow'),
    step: 'pol',
  },
  transformer: {
    title: 'Transformer on jet constituents',
    model: join(root, 'test', 'data', 'models', 'jet-tagger'),
    data: join(root, 'demo', 'data', 'largeR.arrow'),
    step: 'tag',
  },
}

/**
 * Different messages of `rows` events each, as many as a file has (at most `most`), and no shorter one. Callers repeat
 * them up to the number of events wanted.
 */
export async function cutMessages(path, rows, most = 64) {
  const messages = []
  for await (const { bytes } of batches(path)) {
    const { rows: total } = decodeMessage(bytes, defaultLimits)
    for (let from = 0; from + rows <= total && messages.length < most; from += rows) {
      messages.push(
        encodeSubset(
          bytes,
          Int32Array.from({ length: rows }, (_, i) => from + i),
        ),
      )
    }
    if (messages.length >= most) break
  }
  if (messages.length > 0) return messages
  throw new Error(`${path} has no record batch of ${rows} rows`)
}

/** The messages again and again, until there are `events` events. */
export const repeated = (messages, rows, events) =>
  Array.from({ length: Math.ceil(events / rows) }, (_, index) => messages[index % messages.length])

/** Writes messages as the record batches of one Arrow file. */
export async function writeInput(path, messages) {
  const writer = await ArrowFileWriter.open(path)
  for (const message of messages) await writer.append(message)
  await writer.finish()
}
