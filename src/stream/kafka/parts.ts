import type { Message } from '../../ingest/message.js'

/** The messages in runs of at most so many bytes, or of one message. */
export function inParts(messages: readonly Message[], most: number): readonly Message[][] {
  const parts: Message[][] = []
  let bytes = 0
  for (const message of messages) {
    const size = message.value?.length ?? 0
    if (parts.length === 0 || bytes + size > most) {
      parts.push([])
      bytes = 0
    }
    parts[parts.length - 1].push(message)
    bytes += size
  }
  return parts
}
