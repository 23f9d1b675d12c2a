// Reads mutated files of one format and reports what came of them. usage: mutate.mjs FORMAT COUNT SEED
// Run as a child process: a hang of this process is the failure that its parent's time limit shows.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, hdf5Thread, readHdf5 } from '#spillway/ingest/formats/hdf5.js'
import { hepmc3Text } from '#spillway/ingest/formats/hepmc3.js'
import { lheText } from '#spillway/ingest/formats/lhe.js'
import { readParquet } from '#spillway/ingest/formats/parquet.js'
import { readRoot, rootDescriber } from '#spillway/ingest/formats/root.js'
import { bytesOf } from '#spillway/ingest/formats/shared/bytes.js'
import { readListing } from '#spillway/ingest/formats/text/format.js'
import { textChunks } from '#spillway/ingest/formats/text/lines.js'

const [format, count, seed] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]
const raw = (name) => readFileSync(fileURLToPath(new URL(`../../data/raw/${name}`, import.meta.url)))
const folder = mkdtempSync(join(tmpdir(), 'spillway-mutate-'))
const options = { batchRows: 64 }
const seconds = 10
/** The thread is gone, or its WebAssembly stopped in the middle: another one goes on. */
const lost = /^reading takes more|^the decoder|Aborted|unreachable|out of bounds|indirect call|stack size/

/** Mulberry32. */
function random(state) {
  let a = state
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const span = (from, size) => [from, Math.min(from + 4, size)]
const absurd = [0, 0xff, 0x7f, 0x80, 0x01, 0xfe]
/** Damages a copy: flips, absurd numbers, cuts, repeats, swaps. Structure is at the ends of files: hit those more. */
function mutate(bytes, next) {
  const out = Buffer.from(bytes)
  const place = () => {
    const where = next()
    if (where < 0.3) return Math.floor(next() * Math.min(512, out.length))
    if (where < 0.7) return out.length - 1 - Math.floor(next() * Math.min(4096, out.length))
    return Math.floor(next() * out.length)
  }
  const kind = Math.floor(next() * 6)
  if (kind === 0) return out.subarray(0, Math.floor(next() * out.length))
  if (kind === 1) for (let i = 0; i < 1 + next() * 8; i++) out[place()] ^= 1 << Math.floor(next() * 8)
  if (kind === 2) out.fill(absurd[Math.floor(next() * absurd.length)], ...span(place(), out.length))
  if (kind === 3) {
    const at = place()
    for (let i = 0; i < 8; i++) out[at + i] = absurd[Math.floor(next() * absurd.length)]
  }
  if (kind === 4) out.copyWithin(place(), place(), place())
  if (kind === 5) return Buffer.concat([out.subarray(0, place()), out.subarray(place())])
  return out
}

async function drain(batches) {
  let rows = 0
  for await (const batch of batches) {
    // Touch what a consumer touches: offsets and values of every column.
    for (const child of batch.data.children) if (child.valueOffsets) rows += child.valueOffsets[0]
    rows += batch.numRows
  }
  return rows
}

async function* pieces(bytes) {
  for (let at = 0; at < bytes.length; at += 4096) yield bytes.subarray(at, at + 4096)
}

const firstEvents = (text, marker, events) =>
  text
    .split(marker)
    .slice(0, events + 1)
    .join(marker)

async function subjects() {
  if (format === 'parquet') {
    const read = (bytes) => drain(readParquet(bytesOf(bytes, 'mutated'), options))
    return { bytes: raw('h4l_ggF_300.parquet'), read, close: () => {} }
  }
  if (format === 'hepmc3') {
    const text = gunzipSync(raw('zj_lo_first500.hepmc3.gz')).toString()
    const bytes = Buffer.from(`${firstEvents(text, '\nE ', 12)}\nHepMC::Asciiv3-END_EVENT_LISTING\n`)
    return {
      bytes,
      read: (mutated) => drain(readListing(hepmc3Text, pieces(mutated), 'mutated', options)),
      close: () => {},
    }
  }
  if (format === 'lhe') {
    const text = gunzipSync(raw('zj_lo_first500.lhe.gz')).toString()
    const bytes = Buffer.from(`${firstEvents(text, '<event', 12)}\n</LesHouchesEvents>\n`)
    return {
      bytes,
      read: (mutated) => drain(readListing(lheText, pieces(mutated), 'mutated', options)),
      close: () => {},
    }
  }
  if (format === 'gz') {
    const path = join(folder, 'mutated.lhe.gz')
    const text = gunzipSync(raw('zj_lo_first500.lhe.gz')).toString()
    const bytes = gzipSync(`${firstEvents(text, '<event', 12)}\n</LesHouchesEvents>\n`)
    const read = (mutated) => {
      writeFileSync(path, mutated)
      return drain(readListing(lheText, textChunks(path), path, options))
    }
    return { bytes, read, close: () => {} }
  }
  if (format === 'root') {
    let describer = rootDescriber('mutated', seconds)
    const read = async (bytes) => {
      try {
        const description = await describer.ask({ path: 'mutated', bytes, inside: null })
        return await drain(readRoot(bytesOf(bytes, 'mutated'), description, options))
      } catch (error) {
        if (lost.test(error.message)) describer = rootDescriber('mutated', seconds)
        throw error
      }
    }
    return { bytes: raw('h4l_ggF_300.root'), read, close: () => describer.close() }
  }
  let thread = hdf5Thread('mutated', seconds)
  let turn = 0
  const read = async (bytes) => {
    // A new name each time: the thread keeps the file open that it was asked about last.
    const path = join(folder, `mutated-${turn++ % 2}-${turn}.h5`)
    writeFileSync(path, bytes)
    try {
      return await drain(readHdf5(thread, path, await describe(thread, path, null), options))
    } catch (error) {
      if (lost.test(error.message)) {
        await thread.close()
        thread = hdf5Thread('mutated', seconds)
      }
      throw error
    } finally {
      rmSync(path)
    }
  }
  return {
    bytes: readFileSync(fileURLToPath(new URL('../../data/raw/dumper_40.h5', import.meta.url))),
    read,
    close: () => thread.close(),
  }
}

const { bytes, read, close } = await subjects()
await read(bytes)
const next = random(seed)
const outcome = { format, files: count, read: 0, codes: {}, slowest: 0, others: [] }
for (let i = 0; i < count; i++) {
  const mutated = mutate(bytes, next)
  const start = performance.now()
  try {
    await read(mutated)
    outcome.read++
  } catch (error) {
    const code = error.code ?? 'none'
    outcome.codes[code] = (outcome.codes[code] ?? 0) + 1
    if (code !== 'FILE_UNREADABLE' && code !== 'FILE_LIMIT')
      outcome.others.push(`${i}: ${error.stack?.slice(0, 400)}`)
    if ((code === 'FILE_UNREADABLE' || code === 'FILE_LIMIT') && !error.place)
      outcome.others.push(`${i}: no place`)
  }
  outcome.slowest = Math.max(outcome.slowest, performance.now() - start)
}
await close()
rmSync(folder, { recursive: true })
outcome.megabytes = Math.round(process.resourceUsage().maxRSS / 1024)
process.stdout.write(`${JSON.stringify(outcome)}\n`)
process.exit(0)
