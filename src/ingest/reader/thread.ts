import { type Isolated, isolate } from '../formats/shared/isolate.js'
import type { FileMessage, MessageOptions } from './messages.js'
import type { Described, FileView, ReaderAnswer, ReaderQuestion } from './question.js'

export type { FileMessage, MessageOptions } from './messages.js'
export type { Described, FileView } from './question.js'

/**
 * Threads, as a rule one, that decode files of any format to messages. A file that makes a decoder hang, abort or take all memory
 * ends its thread and not the process; one that was read to its end leaves the thread for the next.
 */
export interface Reader {
  /** @throws SpillwayError as `openEvents` */
  describe(view: FileView): Promise<Described>
  /** The messages of a file; the next ones are made while these are worked on. @throws SpillwayError as `openEvents`, `read` */
  messages(view: FileView, options: MessageOptions): AsyncGenerator<FileMessage>
  close(): Promise<void>
}

export function openReader(): Reader {
  const threads = new Set<Isolated<ReaderQuestion, ReaderAnswer>>()
  let idle: Isolated<ReaderQuestion, ReaderAnswer> | null = null
  const take = (place: string): Isolated<ReaderQuestion, ReaderAnswer> => {
    const thread =
      idle ?? isolate<ReaderQuestion, ReaderAnswer>(new URL('./worker.js', import.meta.url), place)
    idle = null
    threads.add(thread)
    return thread
  }
  /** A thread that failed is not used again. */
  const end = async (thread: Isolated<ReaderQuestion, ReaderAnswer>): Promise<void> => {
    threads.delete(thread)
    await thread.close()
  }
  return {
    async describe(view) {
      const thread = take(view.path)
      try {
        const answer = (await thread.ask({ ask: 'describe', view })) as Described
        idle = thread
        return answer
      } catch (error) {
        await end(thread)
        throw error
      }
    },
    async *messages(view, options) {
      const thread = take(view.path)
      try {
        await thread.ask({ ask: 'begin', view, options })
        let pending = thread.ask({ ask: 'next' })
        for (;;) {
          const part = (await pending) as readonly FileMessage[] | null
          if (part === null) break
          pending = thread.ask({ ask: 'next' })
          pending.catch(() => {})
          yield* part
        }
        idle ??= thread
      } finally {
        // Whoever stops early, or fails, leaves a thread in the middle of something.
        if (idle !== thread) await end(thread)
      }
    },
    async close() {
      await Promise.all([...threads].map((thread) => thread.close()))
    },
  }
}
