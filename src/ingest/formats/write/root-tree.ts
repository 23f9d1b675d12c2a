import type { ColumnType } from '../../columns.js'
import { BigEndian } from './big-endian.js'

export interface WrittenBranch {
  readonly name: string
  readonly title: string
  readonly type: Exclude<ColumnType, 'utf8'>
  /** Index of the branch of counts among all; `null` for one value an event. */
  readonly counter: number | null
  /** Whether other branches count by this one, and the largest count. */
  readonly isCounter: boolean
  readonly largest: number
  readonly baskets: readonly { readonly seek: number; readonly bytes: number; readonly unpacked: number }[]
}

/** Leaf classes by type: letter, bytes of a value, unsigned. */
const leaves: Readonly<Record<WrittenBranch['type'], readonly [string, number, boolean]>> = {
  bool: ['O', 1, false],
  int8: ['B', 1, false],
  uint8: ['B', 1, true],
  int16: ['S', 2, false],
  uint16: ['S', 2, true],
  int32: ['I', 4, false],
  uint32: ['I', 4, true],
  int64: ['L', 8, false],
  uint64: ['L', 8, true],
  float32: ['F', 4, false],
  float64: ['D', 8, false],
}
const codes: Readonly<Record<string, string>> = { O: 'O', B: 'B', S: 'S', I: 'I', L: 'L', F: 'F', D: 'D' }

/** `Jet_pt[nJet]/F`, as ROOT titles branches. */
export function branchTitle(name: string, counter: string | null, type: WrittenBranch['type']): string {
  const [letter, , unsigned] = leaves[type]
  const code = unsigned ? codes[letter].toLowerCase() : codes[letter]
  return `${name}${counter === null ? '' : `[${counter}]`}/${code}`
}

/** `kMustCleanup` and the bits of every object on the heap. */
const treeBits = 0x03000008
const branchBits = 0x03400000
const plainBits = 0x03000000

/**
 * A TTree (version 20) of branches with one leaf each, as ROOT streams it. `keyLength` is that of the key in front, from
 * which references count; `firstEntries` has the first entry of every basket and the number of entries.
 */
export function treeRecord(
  name: string,
  title: string,
  branches: readonly WrittenBranch[],
  firstEntries: readonly number[],
  keyLength: number,
): Uint8Array {
  const out = new BigEndian()
  const entries = firstEntries[firstEntries.length - 1]
  const total = sum(branches.flatMap(({ baskets }) => baskets.map(({ unpacked }) => unpacked)))
  const zipped = sum(branches.flatMap(({ baskets }) => baskets.map(({ bytes }) => bytes)))
  const references: number[] = []
  out.object(20, () => {
    named(out, name, title, treeBits)
    out.object(2, () => out.u16(602).u16(1).u16(1))
    out.object(2, () => out.u16(0).u16(1001))
    out.object(2, () => out.u16(1).u16(1).i32(0x3f800000))
    out.i64(entries, total, zipped, 0, 0).f64(1).i32(0, 25, 0, 1000, 0)
    out.i64(1_000_000_000_000, 1_000_000_000_000, 0, -300_000_000, -30_000_000, 1_000_000)
    out.u8(0, 0)
    ioFeatures(out)
    array(out, branches.length, () => {
      for (const branch of branches) {
        out.classed('TBranch', () => branchRecord(out, branch, branches, firstEntries, keyLength, references))
      }
    })
    array(out, references.length, () => out.i32(...references))
    out.raw(new Uint8Array(28))
  })
  return out.bytes()
}

function branchRecord(
  out: BigEndian,
  branch: WrittenBranch,
  all: readonly WrittenBranch[],
  firstEntries: readonly number[],
  keyLength: number,
  references: number[],
): void {
  const { baskets } = branch
  const entries = firstEntries[firstEntries.length - 1]
  const slots = baskets.length + 1
  out.object(13, () => {
    named(out, branch.name, branch.title, branchBits)
    out.object(2, () => out.u16(0).u16(1001))
    out.i32(0, 32_000, branch.counter === null ? 0 : 1000, baskets.length).i64(entries)
    ioFeatures(out)
    out.i32(0, slots, 0).i64(entries, 0)
    out.i64(sum(baskets.map(({ unpacked }) => unpacked)), sum(baskets.map(({ bytes }) => bytes)))
    array(out, 0, () => {})
    array(out, 1, () => {
      const [letter] = leaves[branch.type]
      const at = out.classed(`TLeaf${letter}`, () => {
        leafRecord(
          out,
          branch,
          branch.counter === null ? null : [all[branch.counter].name, references[branch.counter]],
        )
      })
      // References count from the key, and two bytes into the object.
      references.push(keyLength + at + 2)
    })
    array(out, 0, () => {})
    out.u8(1).i32(...baskets.map(({ bytes }) => bytes), 0)
    out.u8(1).i64(...firstEntries.slice(0, slots))
    out.u8(1).i64(...baskets.map(({ seek }) => seek), 0)
    out.text('')
  })
}

function leafRecord(out: BigEndian, branch: WrittenBranch, counter: readonly [string, number] | null): void {
  const [, width, unsigned] = leaves[branch.type]
  out.object(1, () => {
    out.object(2, () => {
      named(out, branch.name, counter === null ? branch.name : `${branch.name}[${counter[0]}]`, plainBits)
      out.i32(1, width, 0).u8(branch.isCounter ? 1 : 0, unsigned ? 1 : 0)
      out.i32(counter === null ? 0 : counter[1])
    })
    if (branch.isCounter) out.i32(0, branch.largest)
    else out.raw(new Uint8Array(2 * width))
  })
}

function named(out: BigEndian, name: string, title: string, bits: number): void {
  out.object(1, () => out.u16(1).i32(0, bits).text(name).text(title))
}

/** A TObjArray without name. */
function array(out: BigEndian, size: number, write: () => void): void {
  out.object(3, () => {
    out.u16(1).i32(0, plainBits).u8(0).i32(size, 0)
    write()
  })
}

/** TIOFeatures, by its checksum. */
const ioFeatures = (out: BigEndian): BigEndian => out.raw(Buffer.from('4000000700001aa12f1000', 'hex'))

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
