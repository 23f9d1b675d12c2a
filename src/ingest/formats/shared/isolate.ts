import { Worker } from 'node:worker_threads'
import { catalogue, type ErrorCode, SpillwayError } from '../../../errors.js'
import { overLimit, unreadable } from './damage.js'
import { limits } from './limits.js'

/**
 * A thread that runs a third-party decoder for one file, so that a file that makes it hang, abort or take all memory
 * costs that thread only. One question at a time; a thread that fails to answer is ended, and the next question is
 * refused.
 */
export interface Isolated<Question, Answer> {
  /**
   * @throws SpillwayError FILE_LIMIT when there is no answer in time or memory; FILE_UNREADABLE when the thread ended;
   * what the decoder threw otherwise.
   */
  ask(question: Question): Promise<Answer>
  close(): Promise<void>
}

export interface IsolateLimits {
  readonly seconds?: number
  readonly megabytes?: number
}

/** What a thread sends back. Errors travel by their parts: an Error's class does not survive the way. */
export type Reply<Answer> = { readonly answer: Answer } | { readonly error: ErrorParts }

export interface ErrorParts {
  readonly code: string
  readonly message: string
  readonly place?: string
  readonly remedy?: string
}

/** A thread of its own for the file `place`, ended by `close`. */
export function isolate<Question, Answer>(
  module: URL,
  place: string,
  limited: IsolateLimits = {},
): Isolated<Question, Answer> {
  const thread = startThread<Question, Answer>(module, limited)
  return { ask: (question) => thread.ask(question, place), close: thread.end }
}

/** A decoder's thread, not bound to a file: errors name the `place` of their question. */
export interface DecoderThread<Question, Answer> {
  /** As `Isolated.ask`. */
  ask(question: Question, place: string): Promise<Answer>
  /** Whether it answered all that it was asked, and never with an error: a decoder may not survive a damaged file. */
  sound(): boolean
  end(): Promise<void>
}

export function startThread<Question, Answer>(
  module: URL,
  { seconds = limits.answerSeconds, megabytes = limits.threadMegabytes }: IsolateLimits = {},
): DecoderThread<Question, Answer> {
  // The decoder's own complaints on stdout and stderr say nothing that its error does not.
  const worker = new Worker(module, {
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: megabytes },
  })
  worker.stdout.resume()
  worker.stderr.resume()
  worker.unref()
  let asking = false
  let failed = false
  let ended: ((place: string) => SpillwayError) | null = null
  worker.on('error', (error: NodeJS.ErrnoException) => {
    ended = (place) =>
      error.code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? overLimit(`reading takes more than ${megabytes} MB`, place)
        : unreadable(`the decoder failed: ${error.message}`, place, error)
  })
  worker.on('exit', () => {
    ended ??= (place) => unreadable('the decoder ended', place)
  })
  const ask = (question: Question, place: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (ended !== null) return reject(ended(place))
      asking = true
      worker.ref()
      const finish = (act: () => void): void => {
        asking = false
        clearTimeout(timer)
        worker.off('message', onMessage).off('exit', onExit)
        worker.unref()
        act()
      }
      const onMessage = (reply: Reply<Answer>): void => {
        finish(() => {
          if ('answer' in reply) return resolve(reply.answer)
          failed = true
          reject(revive(reply.error, place))
        })
      }
      const onExit = (): void =>
        finish(() => reject(ended?.(place) ?? unreadable('the decoder ended', place)))
      const timer = setTimeout(() => {
        ended = (where) => overLimit(`reading takes more than ${seconds} s`, where)
        void worker.terminate()
      }, seconds * 1000)
      worker.on('message', onMessage).on('exit', onExit)
      worker.postMessage(question)
    })
  return {
    ask,
    sound: () => ended === null && !asking && !failed,
    end: async () => {
      await worker.terminate()
    },
  }
}

function revive({ code, message, place: inner, remedy }: ErrorParts, place: string): SpillwayError {
  const known = Object.hasOwn(catalogue, code) ? (code as ErrorCode) : 'FILE_UNREADABLE'
  return new SpillwayError(known, message, { place: inner ?? place, ...(remedy !== undefined && { remedy }) })
}
