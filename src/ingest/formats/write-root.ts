import { basename } from 'node:path'
import { deflateSync } from 'node:zlib'
import type { Schema } from 'apache-arrow'
import { SpillwayError } from '../../errors.js'
import type { Values } from '../columns.js'
import { columnsOf, shapeOfField } from './shared/from-arrow.js'
import type { Data, Shape } from './shared/node.js'
import { BigEndian } from './write/big-endian.js'
import { type BatchWriter, createFile, type FileOut } from './write/file.js'
import { rootClasses, rootClassesKeyBytes } from './write/root-classes.js'
import { datime, keyBytes, keyOf } from './write/root-key.js'
import { branchTitle, treeRecord, type WrittenBranch } from './write/root-tree.js'

const tree = 'Events'
const begin = 100

interface Plan {
  readonly name: string
  readonly type: WrittenBranch['type']
  readonly counter: number | null
  readonly isCounter: boolean
  /** Where the values are: top-level column and child indices; a counter takes the lengths of its list. */
  readonly column: number
  readonly steps: readonly number[]
}

/**
 * A ROOT file with a TTree `Events` in NanoAOD's manner: a column `met.pt` becomes `met_pt`, a list `jets` of records
 * becomes `jets_pt[njets]` … with their counter `njets`. A basket a branch and batch, packed with zlib.
 *
 * @throws SpillwayError SCHEMA_MISMATCH for strings and lists of lists; SINK_UNAVAILABLE.
 */
export async function writeRoot(path: string, schema: Schema): Promise<BatchWriter> {
  const plans = planBranches(schema.fields.map(shapeOfField))
  const name = basename(path)
  const out = await createFile(path)
  await out.append(Buffer.concat([new Uint8Array(begin), directory(name, 0, 0)]))
  const baskets: { seek: number; bytes: number; unpacked: number }[][] = plans.map(() => [])
  const largest = plans.map(() => 0)
  const firstEntries = [0]
  return {
    async write(batch) {
      if (batch.numRows === 0) return
      const columns = columnsOf(batch)
      for (let b = 0; b < plans.length; b++) {
        const { values, offsets } = valuesOf(plans[b], columns[plans[b].column])
        if (plans[b].isCounter)
          for (const count of values as Int32Array) largest[b] = Math.max(largest[b], count)
        baskets[b].push(await writeBasket(out, plans[b].name, values, offsets, batch.numRows))
      }
      firstEntries.push(firstEntries[firstEntries.length - 1] + batch.numRows)
    },
    async close() {
      const branches = plans.map(
        (plan, b): WrittenBranch => ({
          name: plan.name,
          title: branchTitle(plan.name, plan.counter === null ? null : plans[plan.counter].name, plan.type),
          type: plan.type,
          counter: plan.counter,
          isCounter: plan.isCounter,
          largest: largest[b],
          baskets: baskets[b],
        }),
      )
      await finish(out, name, branches, firstEntries)
      await out.close()
    },
    abort: () => out.abort(),
  }
}

const refusal = (name: string, what: string): SpillwayError =>
  new SpillwayError('SCHEMA_MISMATCH', `column ${name} ${what}: a TTree written here has no place for it`, {
    place: name,
    remedy: 'Write Arrow or Parquet, or leave the column out (--columns, or a schema map).',
  })

function planBranches(shapes: readonly Shape[]): readonly Plan[] {
  const plans: Plan[] = []
  const visit = (
    shape: Shape,
    name: string,
    column: number,
    steps: readonly number[],
    counter: number | null,
  ): void => {
    if (shape.kind === 'leaf') {
      const { type } = shape
      if (type === 'utf8') throw refusal(name, 'holds strings')
      plans.push({ name, type, counter, isCounter: false, column, steps })
    } else if (shape.kind === 'struct') {
      shape.children.forEach((child, i) => {
        visit(child, `${name}_${child.name}`, column, [...steps, i], counter)
      })
    } else {
      if (counter !== null) throw refusal(name, 'is a list in a list')
      plans.push({ name: `n${name}`, type: 'int32', counter: null, isCounter: true, column, steps })
      visit(shape.item, name, column, steps, plans.length - 1)
    }
  }
  // Dots in the names of branches mean something else to ROOT.
  shapes.forEach((shape, column) => {
    visit(shape, shape.name.replaceAll('.', '_'), column, [], null)
  })
  const counters = new Set(plans.filter(({ isCounter }) => isCounter).map(({ name }) => name))
  const twice = plans.find(({ name, isCounter }) => !isCounter && counters.has(name))
  if (twice !== undefined) throw refusal(twice.name, 'has the name of a counter')
  return plans
}

interface Chosen {
  readonly values: Values
  readonly offsets: Int32Array | null
}

function valuesOf({ steps, isCounter }: Plan, column: Data): Chosen {
  const rest = [...steps]
  let [data, offsets]: [Data, Int32Array | null] = [column, null]
  for (;;) {
    if (data.kind === 'list' && isCounter && rest.length === 0)
      return { values: lengths(data.offsets), offsets: null }
    if (data.kind === 'leaf') return { values: data.values, offsets }
    if (data.kind === 'list') {
      offsets = data.offsets
      data = data.item
    } else data = data.children[rest.shift() as number]
  }
}

const lengths = (offsets: Int32Array): Int32Array =>
  Int32Array.from({ length: offsets.length - 1 }, (_, i) => offsets[i + 1] - offsets[i])

async function writeBasket(
  out: FileOut,
  name: string,
  values: Values,
  offsets: Int32Array | null,
  rows: number,
): Promise<{ seek: number; bytes: number; unpacked: number }> {
  const count = offsets === null ? rows : offsets[rows]
  const width = values.BYTES_PER_ELEMENT
  const data = swapped(values, count)
  const keyLength = keyBytes('TBasket', name, tree) + 19
  const last = keyLength + data.length
  const content =
    offsets === null ? data : Buffer.concat([data, entryOffsets(offsets, rows, width, keyLength)])
  const stored = pack(content)
  const seek = out.position
  const [cls, title, position] = ['TBasket', tree, seek]
  const parts = {
    cls,
    name,
    title,
    objectBytes: content.length,
    storedBytes: stored.length,
    position,
    cycle: 0,
    extra: 19,
  }
  const key = keyOf(parts)
    .u16(3)
    .i32(32_000, offsets === null ? width : rows + 2, rows, last)
    .u8(0)
  await out.append(Buffer.concat([key.bytes(), stored]))
  return { seek, bytes: key.length + stored.length, unpacked: keyLength + content.length }
}

function swapped(values: Values, count: number): Buffer {
  const width = values.BYTES_PER_ELEMENT
  const bytes = Buffer.from(new Uint8Array(values.buffer, values.byteOffset, count * width))
  if (width === 2) return bytes.swap16()
  if (width === 4) return bytes.swap32()
  return width === 8 ? bytes.swap64() : bytes
}

/** How many there are, where each entry begins counted from the key, and an empty last one. */
function entryOffsets(offsets: Int32Array, rows: number, width: number, keyLength: number): Buffer {
  const out = Buffer.alloc(4 * (rows + 2))
  out.writeInt32BE(rows + 1, 0)
  for (let i = 0; i < rows; i++) out.writeInt32BE(offsets[i] * width + keyLength, 4 * (i + 1))
  return out
}

/** ROOT's compressed record, where that is shorter and fits one block. */
function pack(bytes: Uint8Array): Uint8Array {
  if (bytes.length > 0xffffff || bytes.length < 64) return bytes
  const packed = deflateSync(bytes, { level: 1 })
  if (packed.length + 9 >= bytes.length) return bytes
  const sizes = [packed.length, bytes.length].flatMap((size) => [size & 255, (size >> 8) & 255, size >> 16])
  return Buffer.concat([Buffer.from([0x5a, 0x4c, 8, ...sizes]), packed])
}

/** The file's own key and directory at byte 100. */
function directory(name: string, seekKeys: number, bytesKeys: number): Uint8Array {
  const content = new BigEndian().text(name).text('')
  const bytesName = keyBytes('TFile', name, '') + content.length
  content
    .u16(1005)
    .i32(datime, datime, bytesKeys, bytesName)
    .i64(begin, 0, seekKeys)
    .u16(1)
    .raw(new Uint8Array(16))
  const sizes = { objectBytes: content.length, storedBytes: content.length }
  return keyOf({ cls: 'TFile', name, title: '', ...sizes, position: begin, cycle: 1 })
    .raw(content.bytes())
    .bytes()
}

async function finish(
  out: FileOut,
  name: string,
  branches: readonly WrittenBranch[],
  firstEntries: readonly number[],
): Promise<void> {
  const record = treeRecord(tree, '', branches, firstEntries, keyBytes('TTree', tree, ''))
  const sizes = { objectBytes: record.length, storedBytes: record.length }
  const treeKey = keyOf({
    cls: 'TTree',
    name: tree,
    title: '',
    ...sizes,
    position: out.position,
    cycle: 1,
  }).bytes()
  await out.append(Buffer.concat([treeKey, record]))
  const seekInfo = out.position
  const info = classesRecord(seekInfo)
  await out.append(info)
  const seekKeys = out.position
  const list = Buffer.concat([new BigEndian().i32(1).bytes(), treeKey])
  const keys = fileRecord(name, list, seekKeys)
  await out.append(keys)
  const seekFree = out.position
  const freeBytes = keyBytes('TFile', name, '') + 18
  const end = seekFree + freeBytes
  const free = new BigEndian()
    .u16(1001)
    .i64(end, Math.max(2_000_000_000, end + 1_000_000_000))
    .bytes()
  await out.append(fileRecord(name, free, seekFree))
  const bytesName = keyBytes('TFile', name, '') + Buffer.byteLength(name) + 2
  const head = new BigEndian()
    .raw(Buffer.from('root'))
    .i32(1_062_206, begin)
    .i64(end, seekFree)
    .i32(freeBytes, 1, bytesName)
    .u8(8)
    .i32(101)
    .i64(seekInfo)
    .i32(info.length)
    .u16(1)
    .raw(new Uint8Array(16))
  await out.patch(0, head.bytes())
  await out.patch(begin, directory(name, seekKeys, keys.length))
}

function fileRecord(name: string, content: Uint8Array, position: number): Uint8Array {
  const sizes = { objectBytes: content.length, storedBytes: content.length }
  return keyOf({ cls: 'TFile', name, title: '', ...sizes, position, cycle: 1 })
    .raw(content)
    .bytes()
}

/** The classes' description, behind a key of the length that its references count from. */
function classesRecord(position: number): Uint8Array {
  const content = rootClasses()
  const key = new BigEndian()
    .i32(rootClassesKeyBytes + content.length)
    .u16(rootClassesKeyBytes === 64 ? 4 : 1004)
    .i32(content.length, datime)
    .u16(rootClassesKeyBytes)
    .u16(1)
  if (rootClassesKeyBytes === 64) key.i32(position, begin)
  else key.i64(position, begin)
  return key.text('TList').text('StreamerInfo').text('Doubly linked list').raw(content).bytes()
}
