import type { KafkaAdmin } from '../kafka/port.js'
import { type LaneId, type LaneMark, NO_MARK } from '../sink.js'

/** What is kept beside a lane's offset. */
export interface Note {
  readonly mark: LaneMark
  /** Transactional id under which the lane's owner commits; empty for none. */
  readonly carrier: string
}

/** A note as text; empty where there is nothing to say. */
export function writeNote({ mark: { opens, tries }, carrier }: Note): string {
  const marked = opens !== 0 || tries !== 0
  if (!marked && carrier === '') return ''
  return JSON.stringify({ ...(marked && { opens, tries }), ...(carrier !== '' && { carrier }) })
}

/** Reads what `writeNote` wrote; anything else (another program's metadata) counts as nothing. */
export function readNote(text: string): Note {
  const { opens, tries, carrier } = parsed(text)
  const marked = Number.isInteger(opens) && Number.isInteger(tries)
  return {
    mark: marked ? { opens: Number(opens), tries: Number(tries) } : NO_MARK,
    carrier: typeof carrier === 'string' ? carrier : '',
  }
}

/** How far a lane is committed (`null`: not at all), and the note beside it. @throws SOURCE_UNAVAILABLE */
export async function committedNote(
  admin: KafkaAdmin,
  group: string,
  { topic, partition }: LaneId,
): Promise<{ readonly next: bigint | null; readonly note: Note }> {
  const committed = await admin.committed(group, topic, partition)
  return { next: committed?.offset ?? null, note: readNote(committed?.metadata ?? '') }
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
