import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { hdf5 } from '#spillway/ingest/formats/hdf5.js'
import { root } from '#spillway/ingest/formats/root.js'
import { decoderThreads } from '#spillway/ingest/formats/shared/threads.js'

const folder = mkdtempSync(join(tmpdir(), 'spillway-threads-'))
afterAll(() => rmSync(folder, { recursive: true }))
const data = (name: string) => fileURLToPath(new URL(`../../data/raw/${name}`, import.meta.url))
const tree = data('h4l_ggF_300.root')
const dumper = data('dumper_40.h5')

describe('threads of decoders', () => {
  it('give the same of many files as one of each', async () => {
    const threads = decoderThreads()
    const alone = [await root.info(tree), await hdf5.info(dumper)]
    for (let turn = 0; turn < 3; turn++) {
      expect([await root.info(tree, { threads }), await hdf5.info(dumper, { threads })]).toEqual(alone)
    }
    const both = await Promise.all([hdf5.info(dumper, { threads }), hdf5.info(dumper, { threads })])
    expect(both).toEqual([alone[1], alone[1]])
    let rows = 0
    for await (const batch of hdf5.read(dumper, { batchRows: 7, threads })) rows += batch.numRows
    expect(rows).toBe(40)
    await threads.close()
  })
  it('are used again, but not after an error or when closed', async () => {
    const threads = decoderThreads()
    const module = new URL('../../../dist/ingest/formats/root/describe-worker.js', import.meta.url)
    const timed = async (path: string) => {
      const start = process.cpuUsage()
      await root.info(path, { threads })
      const { user, system } = process.cpuUsage(start)
      return user + system
    }
    const first = await timed(tree)
    const later = []
    for (let turn = 0; turn < 5; turn++) later.push(await timed(tree))
    expect(Math.min(...later)).toBeLessThan(first)
    const broken = join(folder, 'broken.root')
    writeFileSync(broken, Buffer.alloc(5000, 0xff))
    await expect(root.info(broken, { threads })).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
    expect((await root.info(tree, { threads })).rows).toBe(300)
    await threads.close()
    const late = threads.open<object, { entries: number }>(module, tree)
    expect((await late.ask({ path: tree, inside: null })).entries).toBe(300)
    await late.close()
    await expect(late.ask({ path: tree, inside: null })).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })
})
