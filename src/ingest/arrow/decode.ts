import type { Events } from '../columns.js'
import { ArrowEvents } from './events.js'
import type { DecodeLimits } from './limits.js'
import { SchemaMemory } from './schema-memory.js'
import { readStream } from './stream.js'

/**
 * Events of one message: an Arrow IPC stream (or a whole IPC file) of one or several record batches, joined.
 *
 * Everything is checked before anything is returned, so columns of the result can be walked without fear: hostile
 * bytes cannot hang, crash or allocate beyond the limits. Values are shared with `bytes`, which must not change
 * afterwards; they are copied once where they are not 8-byte aligned. Give one `schemas` to all calls of a topic:
 * reading a known schema is free.
 *
 * @throws SpillwayError MESSAGE_EMPTY, MESSAGE_UNDECODABLE, MESSAGE_TOO_LARGE with the byte, field and row.
 */
export function decodeMessage(
  bytes: Uint8Array,
  limits: DecodeLimits,
  schemas: SchemaMemory = new SchemaMemory(1),
): Events {
  return ArrowEvents.of(readStream(bytes, limits, schemas))
}
