import { SpillwayError } from '../../errors.js'
import { type Budget, type RawBatch, readBatch } from './batch.js'
import { withSchema } from './foreign-file.js'
import { type Frame, Header, readFrames } from './frames.js'
import { type DecodeLimits, tooLarge, undecodable } from './limits.js'
import { type Plan, planOf } from './plan.js'
import type { SchemaMemory } from './schema-memory.js'
import { readSchema } from './schema-message.js'
import { checkCodes, checkStrings, readStrings } from './strings.js'

/** Strings of a dictionary by its id, as they stand for one record batch. */
export type Dictionaries = ReadonlyMap<bigint, readonly string[]>

export interface Part {
  readonly raw: RawBatch
  readonly dictionaries: Dictionaries
  readonly frame: Frame
}

/** A whole message, checked: what its columns are read from. */
export interface ArrowStream {
  readonly bytes: Uint8Array
  readonly frames: readonly Frame[]
  readonly plan: Plan
  readonly parts: readonly Part[]
  readonly rows: number
}

/**
 * Reads and checks an Arrow IPC stream or file in memory. Everything is checked here, so that reading columns later
 * cannot fail; nothing is copied except inflated bodies and an unaligned message.
 *
 * @throws SpillwayError MESSAGE_EMPTY, MESSAGE_UNDECODABLE, MESSAGE_TOO_LARGE.
 */
export function readStream(message: Uint8Array, limits: DecodeLimits, schemas: SchemaMemory): ArrowStream {
  if (message.length === 0)
    throw new SpillwayError('MESSAGE_EMPTY', 'the message has no bytes', { place: 'byte 0' })
  if (message.length > limits.maxBytes)
    throw tooLarge(`${message.length} bytes, the limit is ${limits.maxBytes}`, `byte ${limits.maxBytes}`)
  const bytes = withSchema(align(message))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const frames = readFrames(view)
  const plan = readPlan(bytes, frames[0], schemas)
  const allowance = Math.min(limits.maxBytes, bytes.length * limits.maxRatio)
  const budget: Budget = { limits, bytes: allowance, items: Math.max(allowance, 1) }
  const dictionaries = new Map<bigint, readonly string[]>()
  const parts: Part[] = []
  let rows = 0
  for (let i = 1; i < frames.length; i++) {
    const frame = frames[i]
    if (frame.header === Header.dictionary) readDictionary(bytes, frame, plan, dictionaries, budget, schemas)
    else if (frame.header === Header.recordBatch) {
      const what = `record batch ${parts.length}`
      const raw = readBatch({ bytes, ...frame }, plan.nodes, budget, what)
      rows += raw.rows
      if (rows > limits.maxRows)
        throw tooLarge(`more than ${limits.maxRows} rows`, `${what}, byte ${frame.start}`)
      checkText(raw, plan, dictionaries, what)
      parts.push({
        raw,
        dictionaries: plan.dictionaries.size === 0 ? dictionaries : new Map(dictionaries),
        frame,
      })
    } else throw undecodable(`a message of kind ${frame.header} in a stream`, `byte ${frame.start}`)
  }
  return { bytes, frames, plan, parts, rows }
}

/** Typed arrays need aligned bytes: one copy of the whole is cheaper than one a column. */
function align(bytes: Uint8Array): Uint8Array {
  const plain = bytes.buffer instanceof ArrayBuffer
  return plain && bytes.byteOffset % 8 === 0 ? bytes : Uint8Array.prototype.slice.call(bytes)
}

/** The plan of the schema that a stream begins with. @throws SpillwayError MESSAGE_UNDECODABLE, MESSAGE_TOO_LARGE. */
export function readPlan(bytes: Uint8Array, frame: Frame, schemas: SchemaMemory): Plan {
  if (frame.header !== Header.schema)
    throw undecodable('the stream does not begin with a schema', `byte ${frame.start}`)
  const metadata = bytes.subarray(frame.start, frame.bodyStart)
  return schemas.recall(metadata, () => planOf(readSchema(frame.flat, frame.table), frame.version === 3))
}

/** A dictionary, or more of one that came before. @throws SpillwayError MESSAGE_UNDECODABLE, MESSAGE_TOO_LARGE. */
function readDictionary(
  bytes: Uint8Array,
  frame: Frame,
  plan: Plan,
  dictionaries: Map<bigint, readonly string[]>,
  budget: Budget,
  schemas: SchemaMemory,
): void {
  const { flat, table } = frame
  const idAt = flat.field(table, 0)
  const dataAt = flat.field(table, 1)
  const deltaAt = flat.field(table, 2)
  const id = idAt === 0 ? 0n : flat.bigint(idAt)
  const values = plan.dictionaries.get(id)
  // A dictionary of a column that cannot be read anyway is left alone.
  if (values === undefined) return
  const what = `dictionary ${id}`
  if (dataAt === 0) throw undecodable('a dictionary without values', `${what}, byte ${table}`)
  const delta = deltaAt !== 0 && flat.u8(deltaAt) !== 0
  const whole = bytes.subarray(frame.start, frame.end)
  const known = schemas.dictionary(values, whole)
  if (
    !delta &&
    known !== undefined &&
    known.strings.length <= budget.items &&
    known.inflated <= budget.bytes
  ) {
    budget.bytes -= known.inflated
    dictionaries.set(id, known.strings)
    return
  }
  const allowed = budget.bytes
  const raw = readBatch({ ...frame, bytes, table: flat.table(dataAt) }, [values], budget, what)
  if (raw.rows > budget.items) throw tooLarge(`${raw.rows} strings, the limit is ${budget.items}`, what)
  if (raw.nulls[0] > 0) throw undecodable('null among the strings of a dictionary', what)
  checkStrings(raw, values, what)
  const strings = readStrings(raw, values)
  const earlier = delta ? dictionaries.get(id) : undefined
  if (earlier !== undefined) dictionaries.set(id, longer(earlier, strings))
  else {
    if (!delta)
      schemas.learn(values, whole, { strings: Object.freeze(strings), inflated: allowed - budget.bytes })
    dictionaries.set(id, strings)
  }
}

/**
 * Earlier batches may share the longer list: their indices were checked against its beginning. One that is remembered
 * for other messages stays as it is.
 */
function longer(earlier: readonly string[], more: readonly string[]): readonly string[] {
  const list = Object.isFrozen(earlier) ? [...earlier] : (earlier as string[])
  for (const string of more) list.push(string)
  return list
}

function checkText(raw: RawBatch, plan: Plan, dictionaries: Dictionaries, what: string): void {
  for (const leaf of plan.text) {
    const encoding = leaf.field.dictionary
    if (encoding === null) checkStrings(raw, leaf, what)
    else {
      const strings = dictionaries.get(encoding.id)
      if (strings === undefined && raw.lengths[leaf.index] > raw.nulls[leaf.index])
        throw undecodable(`dictionary ${encoding.id} is missing`, `field ${leaf.path}, ${what}`)
      checkCodes(raw, leaf, strings?.length ?? 0, what)
    }
  }
}
