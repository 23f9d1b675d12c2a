import { type EventFile, openEvents } from '../event-file.js'
import { asUnreadable } from '../formats/shared/damage.js'
import { serve } from '../formats/shared/serve.js'
import { loadSchemaMap } from '../mapping/load.js'
import { type FileMessage, fileMessages } from './messages.js'
import type { FileView, ReaderAnswer, ReaderQuestion } from './question.js'

/** Entry of a thread that decodes files, so that the main thread only moves bytes. */
async function open({ path, map, folder, columns }: FileView): Promise<EventFile> {
  return openEvents(path, {
    ...(map !== null && { map: await loadSchemaMap(map, folder) }),
    ...(columns !== null && { columns }),
  })
}

let place = ''
let messages: AsyncGenerator<readonly FileMessage[]> | null = null

serve<ReaderQuestion, ReaderAnswer>((question) => {
  if (question.ask !== 'next') place = question.view.path
  return answer(question).catch((error: unknown) => {
    throw asUnreadable(error, place)
  })
})

async function answer(
  question: ReaderQuestion,
): Promise<{ value: ReaderAnswer; transfer?: readonly ArrayBuffer[] }> {
  if (question.ask === 'describe') {
    const { format, schema, rows } = await open(question.view)
    return { value: { format, schema, rows } }
  }
  if (question.ask === 'begin') {
    messages = fileMessages(await open(question.view), question.options)
    return { value: null }
  }
  const part = await messages?.next()
  if (part === undefined || part.done === true) return { value: null }
  const buffers = part.value.flatMap(({ bytes }) => (bytes === null ? [] : [bytes.buffer as ArrayBuffer]))
  return { value: part.value, transfer: buffers }
}
