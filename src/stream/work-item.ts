import { SpillwayError } from '../errors.js'
import type { Message } from '../ingest/message.js'
import type { Lost } from './pool.js'
import type { Outcome, Reject, WorkItem } from './work.js'

export const placeOf = ({ topic, partition, offset }: Message): string => `${topic}/${partition}/${offset}`

/** The original bytes stay for another try and for the dead letters. */
export function workItem(message: Message): WorkItem {
  const header = message.headers.get('crc32')
  return {
    value: message.value!,
    place: placeOf(message),
    crc32: header === undefined ? null : parseCrc32(header),
  }
}

/** Up to eight hex digits; another program's header of that name says nothing about the bytes. */
function parseCrc32(header: Uint8Array): number | null {
  const text = new TextDecoder().decode(header)
  return /^[0-9a-f]{1,8}$/i.test(text) ? Number.parseInt(text, 16) : null
}

/** The outcome of a message of which nothing is left. */
export function rejected(reject: Pick<Reject, 'code' | 'message' | 'place'>): Outcome {
  return {
    rows: 0,
    scores: null,
    accepted: null,
    acceptedRows: 0,
    chains: {},
    decisions: [],
    rejects: [{ ...reject, row: null, value: null }],
  }
}

export const rejectedMessage = (message: Message, code: Reject['code'], text: string): Outcome =>
  rejected({ code, message: text, place: placeOf(message) })

/** Why a message that loses its worker again and again is a dead letter. */
export function lossOf(
  message: Message,
  how: Lost,
  times: number,
): Pick<Reject, 'code' | 'message' | 'place'> {
  const code = how === 'hang' ? 'MESSAGE_HANGS' : 'MESSAGE_CRASHES'
  const what = {
    hang: 'ran into the time limit',
    crash: 'ended its worker',
    memory: 'used up the memory of its worker',
  }
  return { code, message: `message ${what[how]} ${times} times`, place: placeOf(message) }
}

export function failure(message: Message, error: unknown): Pick<Reject, 'code' | 'message' | 'place'> {
  const text = error instanceof Error ? error.message : String(error)
  const code = error instanceof SpillwayError ? error.code : 'EVENT_FAILED'
  return { code, message: text, place: placeOf(message) }
}
