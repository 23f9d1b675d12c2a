import { type DecoderThread, type Isolated, isolate, startThread } from './isolate.js'

/**
 * Decoders' threads kept from file to file: to start one costs more than to read a small file. One keeper may serve
 * several readers at once, and each file has its thread to itself. A thread that was lost, that
 * gave an error, or that is closed in the middle of an answer is ended and not kept.
 */
export interface DecoderThreads {
  /** An idle thread that runs `module`, or a new one; its `close` gives it back. `place` names the file in errors. */
  open<Question, Answer>(module: URL, place: string): Isolated<Question, Answer>
  /** Ends the idle threads; those in use end when they are given back. */
  close(): Promise<void>
}

export function decoderThreads(): DecoderThreads {
  const idle = new Map<string, DecoderThread<unknown, unknown>[]>()
  let closed = false
  return {
    open<Question, Answer>(module: URL, place: string): Isolated<Question, Answer> {
      const kept = idle.get(module.href) ?? []
      idle.set(module.href, kept)
      let thread: DecoderThread<unknown, unknown> | undefined
      do thread = kept.pop()
      while (thread !== undefined && !thread.sound())
      const taken = thread ?? startThread<unknown, unknown>(module)
      let given = false
      return {
        ask: (question) => taken.ask(question, place) as Promise<Answer>,
        async close() {
          if (given) return
          given = true
          if (taken.sound() && !closed) kept.push(taken)
          else await taken.end()
        },
      }
    },
    async close() {
      closed = true
      const threads = [...idle.values()].flat()
      idle.clear()
      await Promise.all(threads.map((thread) => thread.end()))
    },
  }
}

/** A thread from `threads`, or one of the file's own where there are none. */
export const openThread = <Question, Answer>(
  module: URL,
  place: string,
  threads: DecoderThreads | undefined,
): Isolated<Question, Answer> => threads?.open(module, place) ?? isolate(module, place)
