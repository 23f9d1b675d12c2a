import { SpillwayError } from '../errors.js'

/** Values of one quantity, one an element, as an Arrow column gives them. */
export type Column = Float32Array | Float64Array

/**
 * Arrow list offsets: list `l` is the elements `offsets[l]` up to, not including, `offsets[l + 1]`.
 * One entry more than there are lists; never descending. The first need not be 0 (a sliced batch).
 */
export type Offsets = Int32Array

/** Four-momenta in Cartesian components, GeV. All columns have the same length. */
export interface Cartesian {
  readonly px: Column
  readonly py: Column
  readonly pz: Column
  readonly e: Column
}

/** What kernels give back: Cartesian four-momenta in double precision. */
export interface Cartesian64 extends Cartesian {
  readonly px: Float64Array
  readonly py: Float64Array
  readonly pz: Float64Array
  readonly e: Float64Array
}

/** Four-momenta as transverse momentum (GeV), pseudorapidity, azimuth (rad) and mass (GeV). */
export interface PtEtaPhiM {
  readonly pt: Column
  readonly eta: Column
  readonly phi: Column
  readonly mass: Column
}

/** Four-momenta as transverse momentum (GeV), pseudorapidity, azimuth (rad) and energy (GeV). */
export interface PtEtaPhiE {
  readonly pt: Column
  readonly eta: Column
  readonly phi: Column
  readonly energy: Column
}

/** Points in the plane of (pseudo)rapidity and azimuth (rad). */
export interface EtaPhi {
  readonly eta: Column
  readonly phi: Column
}

/** Cartesian four-momenta of `length` zeros. */
export function emptyCartesian(length: number): Cartesian64 {
  return {
    px: new Float64Array(length),
    py: new Float64Array(length),
    pz: new Float64Array(length),
    e: new Float64Array(length),
  }
}

/**
 * The common length of the columns.
 * @throws SpillwayError KERNEL_INPUT when they differ; `place` names the kernel.
 */
export function commonLength(place: string, columns: Readonly<Record<string, ArrayLike<number>>>): number {
  const named = Object.entries(columns)
  const length = named[0]?.[1].length ?? 0
  if (named.some(([, column]) => column.length !== length)) {
    const lengths = named.map(([name, column]) => `${name} ${column.length}`).join(', ')
    throw new SpillwayError('KERNEL_INPUT', `Columns have different lengths: ${lengths}.`, { place })
  }
  return length
}

/**
 * Checks that `offsets` cut columns of `length` elements into lists, and gives the number of lists.
 * @throws SpillwayError KERNEL_INPUT when they are empty, descend or point outside; `place` names the kernel.
 */
export function listCount(place: string, offsets: Offsets, length: number): number {
  const lists = offsets.length - 1
  if (lists < 0)
    throw new SpillwayError('KERNEL_INPUT', 'List offsets are empty; one entry is needed.', { place })
  let before = 0
  for (let l = 0; l <= lists; l++) {
    const at = offsets[l]
    if (at < before || at > length) {
      const problem = `List offset ${l} is ${at}; it must be from ${before} to ${length}.`
      throw new SpillwayError('KERNEL_INPUT', problem, { place })
    }
    before = at
  }
  return lists
}

/** @throws SpillwayError KERNEL_OPTION when `holds` is false. */
export function requireOption(place: string, holds: boolean, range: string): void {
  if (!holds) throw new SpillwayError('KERNEL_OPTION', `Parameter out of range: ${range}.`, { place })
}
