import { parentPort, type TransferListItem } from 'node:worker_threads'
import { asUnreadable } from './damage.js'
import type { Reply } from './isolate.js'

/** The thread's side of `isolate`: answers every question with a value, and buffers to move with it, or an error. */
export function serve<Question, Answer>(
  answer: (question: Question) => Promise<{ value: Answer; transfer?: readonly TransferListItem[] }>,
): void {
  parentPort?.on('message', async (question: Question) => {
    try {
      const { value, transfer } = await answer(question)
      const reply: Reply<Answer> = { answer: value }
      parentPort?.postMessage(reply, transfer ?? [])
    } catch (error) {
      const { code, message, place, remedy } = asUnreadable(error, '')
      const reply: Reply<Answer> = { error: { code, message, remedy, ...(place ? { place } : {}) } }
      parentPort?.postMessage(reply)
    }
  })
}
