import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { SpillwayError } from '#spillway/errors.js'
import { formats } from '#spillway/ingest/formats/index.js'

const folder = mkdtempSync(join(tmpdir(), 'spillway-hostile-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function failure(name: string, bytes: Uint8Array | string): Promise<SpillwayError> {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  const format = formats.find(({ extensions }) => extensions.some((ending) => name.endsWith(ending)))
  try {
    for await (const _ of format?.read(path, { batchRows: 100 }) ?? []);
  } catch (error) {
    expect(error).toBeInstanceOf(SpillwayError)
    return error as SpillwayError
  }
  throw new Error(`${name} was read`)
}

describe('files that are not what their names say', () => {
  it.each(['a.parquet', 'a.root', 'a.h5', 'a.hepmc3', 'a.lhe', 'a.lhe.gz', 'a.hepmc3.gz'])(
    '%s',
    async (name) => {
      for (const bytes of ['', 'x', 'no such format\n'.repeat(100), Buffer.alloc(5000, 0xff)]) {
        const error = await failure(name, bytes)
        expect(['FILE_UNREADABLE', 'FILE_LIMIT']).toContain(error.code)
        expect(error.place).toContain(name)
      }
    },
  )
  it('says where a text file goes wrong', async () => {
    const head = 'HepMC::Version 3.02.05\nHepMC::Asciiv3-START_EVENT_LISTING\n'
    const cut = await failure('cut.hepmc3', `${head}E 0 1 2\nU GEV MM\nP 1 0 11 0 0 1 1 0 4\nE 1 0 0\n`)
    expect(cut.message).toBe('an event of 2 particles has 1')
    expect(cut.place).toContain('line 6')
    const many = await failure('many.hepmc3', `${head}E 0 1 2000000000\n`)
    expect(many.code).toBe('FILE_LIMIT')
    const lhe = '<LesHouchesEvents version="3.0">\n<event>\n9000000 1 1 1 1 1\n'
    expect((await failure('many.lhe', lhe)).code).toBe('FILE_LIMIT')
    expect(
      (await failure('short.lhe', '<LesHouchesEvents>\n<event>\n1 1 1 1 1 1\n</event>\n')).message,
    ).toMatch(/missing/)
  })
  it('stops a bomb that unpacks to one endless line', async () => {
    const error = await failure('bomb.lhe.gz', gzipSync(Buffer.alloc(200 * 1024 * 1024, 'x')))
    expect(error.code).toBe('FILE_LIMIT')
  })
  it('refuses a missing file as a source that is not there', async () => {
    for (const { extensions, info } of formats) {
      const path = join(folder, `missing${extensions[0]}`)
      await expect(info(path)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
    }
  })
})

/** More than 5,000 files in all; fewer of the formats whose third-party decoder runs in a thread of its own. */
const suites: readonly [string, number][] = [
  ['parquet', 1500],
  ['hepmc3', 1200],
  ['lhe', 1200],
  ['gz', 400],
  ['root', 500],
  ['hdf5', 250],
]
interface Outcome {
  readonly files: number
  readonly read: number
  readonly codes: Readonly<Record<string, number>>
  readonly slowest: number
  readonly others: readonly string[]
  readonly megabytes: number
}
const script = fileURLToPath(new URL('mutate.mjs', import.meta.url))

describe('mutated files', () => {
  it.each(suites)(
    '%s: %i files give a result or a clear error',
    { timeout: 600_000 },
    async (format, count) => {
      const run = promisify(execFile)
      const { stdout } = await run(process.execPath, [script, format, String(count), '20'], {
        timeout: 580_000,
      })
      const outcome = JSON.parse(stdout) as Outcome
      expect(outcome.others).toEqual([])
      const refused = Object.values(outcome.codes).reduce((sum, n) => sum + n, 0)
      expect(outcome.read + refused).toBe(count)
      expect(refused).toBeGreaterThan(count / 10)
      // The limit of a decoder's thread is 10 s there; busy machines add to it.
      expect(outcome.slowest).toBeLessThan(30_000)
      expect(outcome.megabytes).toBeLessThan(1500)
    },
  )
})
