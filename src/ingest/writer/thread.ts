import { SpillwayError } from '../../errors.js'
import { type Isolated, isolate } from '../formats/shared/isolate.js'
import type { WriterAnswer, WriterQuestion } from './question.js'

export type { WrittenFormat } from './question.js'

/** A thread that writes files of rows. */
export interface RowWriter {
  /**
   * Writes the streams that have the fields of the first to one file, which appears whole and durable.
   * @returns how many of the streams are in it
   * @throws SpillwayError SINK_UNAVAILABLE; COLUMN_TYPE for a column that the format has no place for
   */
  write(question: WriterQuestion): Promise<WriterAnswer>
  close(): Promise<void>
}

export function openRowWriter(): RowWriter {
  let thread: Isolated<WriterQuestion, WriterAnswer> | null = null
  let turn: Promise<unknown> = Promise.resolve()
  const ask = async (question: WriterQuestion): Promise<WriterAnswer> => {
    thread ??= isolate(new URL('./worker.js', import.meta.url), question.path)
    try {
      return await thread.ask(question)
    } catch (cause) {
      await thread.close()
      thread = null
      const { code, message } = cause as SpillwayError
      const { path, format } = question
      if (code !== 'SCHEMA_MISMATCH')
        throw new SpillwayError('SINK_UNAVAILABLE', `cannot write ${path}: ${message}`, {
          place: path,
          cause,
        })
      const remedy = `Write Arrow or Parquet, or leave the column out.`
      throw new SpillwayError('COLUMN_TYPE', `cannot write ${format}: ${message}`, {
        place: path,
        remedy,
        cause,
      })
    }
  }
  return {
    write(question) {
      // One after another: lanes share the thread.
      const answer = turn.then(() => ask(question))
      turn = answer.catch(() => {})
      return answer
    },
    close: async () => {
      await thread?.close()
    },
  }
}
