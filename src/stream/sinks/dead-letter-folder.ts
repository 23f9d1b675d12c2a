import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asSpillwayError, SpillwayError } from '../../errors.js'
import type { DeadLetter } from './records.js'

/** What the `.json` beside the bytes holds. */
interface Description {
  /** Header name → text, or `base64:` and bytes that are not text. */
  readonly headers: Readonly<Record<string, string>>
  readonly key: string | null
  /** A tombstone has no bytes; its file is empty. */
  readonly tombstone: boolean
}

/**
 * Dead letters as pairs of files: `<id>.bin` the original bytes, `<id>.json` the headers. Writing one again replaces
 * it by itself, so a batch that is done again leaves no second letter.
 */
export class DeadLetterFolder {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  /** @throws SpillwayError SINK_UNAVAILABLE */
  write(letters: readonly DeadLetter[]): void {
    if (letters.length === 0) return
    try {
      mkdirSync(this.folder, { recursive: true })
      for (const { id, value, key, headers } of letters) {
        const described: Description = {
          headers: Object.fromEntries([...headers].map(([name, bytes]) => [name, toText(bytes)])),
          key: key === null ? null : toText(key),
          tombstone: value === null,
        }
        this.#put(`${id}.bin`, value ?? new Uint8Array())
        this.#put(`${id}.json`, `${JSON.stringify(described, null, 2)}\n`)
      }
    } catch (cause) {
      throw asSpillwayError(cause, 'SINK_UNAVAILABLE', { place: this.folder })
    }
  }

  /** All letters, in the order of their ids. @throws SpillwayError SOURCE_UNAVAILABLE for a folder that is not there. */
  *read(): Generator<DeadLetter> {
    if (!existsSync(this.folder)) {
      throw new SpillwayError('SOURCE_UNAVAILABLE', `there is no folder ${this.folder}`, {
        place: this.folder,
      })
    }
    for (const name of readdirSync(this.folder).sort()) {
      if (!name.endsWith('.json')) continue
      const id = name.slice(0, -'.json'.length)
      const { headers, key, tombstone } = JSON.parse(
        readFileSync(join(this.folder, name), 'utf8'),
      ) as Description
      yield {
        id,
        value: tombstone ? null : readFileSync(join(this.folder, `${id}.bin`)),
        key: key === null ? null : fromText(key),
        headers: new Map(Object.entries(headers).map(([header, text]) => [header, fromText(text)])),
      }
    }
  }

  #put(name: string, content: string | Uint8Array): void {
    const temporary = join(this.folder, `.${name}.tmp`)
    writeFileSync(temporary, content)
    renameSync(temporary, join(this.folder, name))
  }
}

const BASE64 = 'base64:'

function toText(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf8')
  const same = Buffer.from(text, 'utf8').equals(bytes) && !text.startsWith(BASE64)
  return same ? text : BASE64 + Buffer.from(bytes).toString('base64')
}

const fromText = (text: string): Uint8Array =>
  text.startsWith(BASE64) ? Buffer.from(text.slice(BASE64.length), 'base64') : Buffer.from(text, 'utf8')
