import { readFileSync } from 'node:fs'
import { tableFromIPC } from 'apache-arrow'

/**
 * Reads the constituents (pt, eta, phi, energy) of the jets in an Arrow file, at most `limit` jets of it, and
 * the columns of its `jet` struct, from the typed arrays below the columns.
 */
export function readJets(path, limit = Infinity) {
  const table = tableFromIPC(readFileSync(path))
  const lists = { pt: [], eta: [], phi: [], energy: [] }
  const jet = new Map()
  const offsets = [0]
  for (const batch of table.batches) {
    const rows = Math.min(batch.numRows, limit - (offsets.length - 1))
    if (rows <= 0) break
    const list = batch.getChild('constituents').data[0]
    const from = list.valueOffsets.subarray(list.offset, list.offset + rows + 1)
    const items = list.children[0]
    const base = offsets.at(-1)
    for (let r = 1; r <= rows; r++) offsets.push(base + from[r] - from[0])
    for (const [name, chunks] of Object.entries(lists)) chunks.push(slice(items, name, from[0], from[rows]))
    const struct = batch.getChild('jet')?.data[0]
    for (const { name } of struct?.type.children ?? []) {
      jet.set(name, [...(jet.get(name) ?? []), slice(struct, name, 0, rows)])
    }
  }
  return {
    offsets: Int32Array.from(offsets),
    constituents: Object.fromEntries(Object.entries(lists).map(([name, chunks]) => [name, joined(chunks)])),
    jet: Object.fromEntries([...jet].map(([name, chunks]) => [name, joined(chunks)])),
  }
}

function slice(struct, name, from, to) {
  const child = struct.children[struct.type.children.findIndex((field) => field.name === name)]
  return child.values.subarray(child.offset + from, child.offset + to)
}

function joined(chunks) {
  const out = new Float64Array(chunks.reduce((n, c) => n + c.length, 0))
  let at = 0
  for (const chunk of chunks) {
    out.set(chunk, at)
    at += chunk.length
  }
  return out
}
