import { randomUUID } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { SpillwayError } from '../../errors.js'

/** A commit with its place in the log. */
export interface Commit<State> {
  readonly number: number
  readonly state: State
}

/** Older commits are kept for a while, for whoever wants to see them; only the newest counts. */
const KEPT = 16

/**
 * The commits of one lane, on a file system that several hosts may share: `<number>.json` in a folder of their own, the
 * newest counts. Each number is given once: a commit is written under a name of its own and then linked to its number,
 * which the file system refuses where the number is taken. So of two owners who both go on from commit n, one makes
 * commit n + 1 and the other learns that it did not.
 */
export class CommitLog<State> {
  readonly folder: string
  readonly #writer = randomUUID()

  constructor(folder: string) {
    this.folder = folder
  }

  /** `null` before the first commit. @throws what the file system says */
  newest(): Commit<State> | null {
    for (;;) {
      const number = this.#numbers().at(-1)
      if (number === undefined) return null
      try {
        const { state } = JSON.parse(readFileSync(this.#path(number), 'utf8')) as { state: State }
        return { number, state }
      } catch (error) {
        // Others went on meanwhile, far enough to remove it.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      }
    }
  }

  /** Whether nobody has made a commit after this one. */
  isNewest(number: number): boolean {
    return (this.#numbers().at(-1) ?? -1) <= number
  }

  /** Makes commit `number`; `false` when somebody else has made it, or a later one. @throws what the file system says */
  append(number: number, state: State): boolean {
    mkdirSync(this.folder, { recursive: true })
    const own = join(this.folder, `.${this.#writer}`)
    writeDurably(own, JSON.stringify({ writer: this.#writer, state }))
    try {
      linkSync(own, this.#path(number))
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (noLinks.has(code)) throw withoutLinks(this.folder, error)
      if (code !== 'EEXIST') throw error
      if (!this.#isOwn(number)) return false
    } finally {
      rmSync(own, { force: true })
    }
    const numbers = this.#numbers()
    // A number so old that its first commit has been removed can be taken again: it is not the newest.
    if ((numbers.at(-1) ?? number) > number) {
      rmSync(this.#path(number), { force: true })
      return false
    }
    for (const old of numbers.slice(0, -KEPT)) rmSync(this.#path(old), { force: true })
    return true
  }

  /** A file server that is asked again because its answer was lost finds the link that it has made itself. */
  #isOwn(number: number): boolean {
    const { writer } = JSON.parse(readFileSync(this.#path(number), 'utf8')) as { writer?: string }
    return writer === this.#writer
  }

  /** Ascending. */
  #numbers(): number[] {
    let names: string[] = []
    try {
      names = readdirSync(this.folder)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
    return names
      .flatMap((name) => (/^\d+\.json$/.test(name) ? [Number.parseInt(name, 10)] : []))
      .sort((a, b) => a - b)
  }

  #path(number: number): string {
    return join(this.folder, `${String(number).padStart(9, '0')}.json`)
  }
}

const noLinks: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

const withoutLinks = (place: string, cause: unknown): SpillwayError =>
  new SpillwayError('CONFIG_INVALID', 'the file system of the scores has no hard links', {
    place,
    remedy: 'Choose a folder on a local disk, NFS, Lustre, GPFS or CephFS for sink.scores.files.',
    cause,
  })

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'w')
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
