import { type Column, commonLength } from '../columns.js'

/**
 * Categories of H → ZZ* → 4ℓ events by jet multiplicity, final state, pT of the four leptons and dijet mass.
 */
export const CATEGORIES = ['0j-2e2mu', '0j-4l', '1j-low', '1j-medium', '2j-low', '2j-high'] as const

export type Category = (typeof CATEGORIES)[number]

/** What a category depends on, one entry an event. */
export interface CategoryInputs {
  /** Number of selected jets. */
  readonly jets: ArrayLike<number>
  /** Final state, an index into CHANNELS of h4l-pairing.ts; −1: no quadruplet. */
  readonly channel: ArrayLike<number>
  /** pT of the four leptons, GeV. */
  readonly pt4l: Column
  /** Mass of the two leading jets, GeV; not read below two jets. */
  readonly mjj: Column
}

/** pT4ℓ from which a one-jet event is "medium", GeV. */
const ONE_JET_PT = 60
/** pT4ℓ and m_jj above which a two-jet event is "high", GeV. */
const TWO_JET_PT = 200
const TWO_JET_MASS = 120

/**
 * The category of each event, an index into {@link CATEGORIES}; −1 without a quadruplet or where a value that
 * decides is NaN.
 *
 * No jet: 2e2µ (both orders) or 4ℓ (4e, 4µ). One jet: pT4ℓ < 60 GeV is low, else medium. Two or more: high
 * when m_jj > 120 and pT4ℓ > 200 GeV, else low. Every event with a quadruplet is in exactly one.
 */
export function categories(inputs: CategoryInputs): Int8Array {
  const { jets, channel, pt4l, mjj } = inputs
  const events = commonLength('categories', { jets, channel, pt4l, mjj })
  return Int8Array.from({ length: events }, (_, i) => categoryOf(jets[i], channel[i], pt4l[i], mjj[i]))
}

function categoryOf(jets: number, channel: number, pt4l: number, mjj: number): number {
  if (channel < 0 || Number.isNaN(pt4l)) return -1
  if (jets === 0) return channel >= 2 ? 0 : 1
  if (jets === 1) return pt4l < ONE_JET_PT ? 2 : 3
  if (Number.isNaN(mjj)) return -1
  return mjj > TWO_JET_MASS && pt4l > TWO_JET_PT ? 5 : 4
}
