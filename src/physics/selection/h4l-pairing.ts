import {
  type Cartesian64,
  type Column,
  commonLength,
  listCount,
  type Offsets,
  type PtEtaPhiM,
} from '../columns.js'
import { fromPtEtaPhiM } from '../convert.js'
import { deltaR } from '../delta-r.js'
import { mass } from '../mass.js'

/** Mass of the Z boson, GeV (PDG 2024). */
export const Z_MASS = 91.188

/** Leptons of events: charge ±1 and PDG id (±11, ±13). */
export interface ChargedLeptons extends PtEtaPhiM {
  readonly charge: ArrayLike<number>
  readonly pdgId: ArrayLike<number>
}

/** The cuts of an H → ZZ* → 4ℓ selection, GeV. */
export interface FourLeptonSelection {
  readonly electronPt: number
  readonly electronAbsEta: number
  readonly muonPt: number
  readonly muonAbsEta: number
  /** Least pT of the three hardest leptons of the quadruplet. */
  readonly pt: readonly [number, number, number]
  readonly m12: readonly [low: number, high: number]
  readonly m34: readonly [low: number, high: number]
  /** Every same-flavour opposite-charge pair of the quadruplet is heavier (a veto of J/ψ). */
  readonly anyPairMass: number
  /** Every two leptons of the quadruplet are further apart. */
  readonly deltaR: number
}

/** Like that of ATLAS at 13 TeV (arXiv:2004.03447, table 2), with fixed bounds for m34. */
export const standardSelection: FourLeptonSelection = {
  electronPt: 7,
  electronAbsEta: 2.47,
  muonPt: 5,
  muonAbsEta: 2.7,
  pt: [20, 15, 10],
  m12: [50, 106],
  m34: [12, 115],
  anyPairMass: 5,
  deltaR: 0.1,
}

/** Final states, the leading pair first. */
export const CHANNELS = ['4mu', '4e', '2e2mu', '2mu2e'] as const

/**
 * The cuts of the selection in the order of a cut-flow. The first is about the event; each other asks for a
 * quadruplet that passes it and all before it.
 */
export const FOUR_LEPTON_CUTS = [
  'four leptons',
  'two pairs',
  'lepton pT',
  'm12 window',
  'm34 window',
  'light pairs',
  'dR(lepton, lepton)',
] as const

/** The chosen quadruplet of each event; without one indices and channel are −1 and masses NaN. */
export interface Quadruplets {
  /**
   * Negative and positive lepton of the leading pair, then of the other: elements, counted over the batch.
   */
  readonly lepton1: Int32Array
  readonly antilepton1: Int32Array
  readonly lepton2: Int32Array
  readonly antilepton2: Int32Array
  /** Masses of the leading pair, the other pair and all four, GeV. */
  readonly m12: Float64Array
  readonly m34: Float64Array
  readonly m4l: Float64Array
  /** pT of the four, GeV. */
  readonly pt4l: Float64Array
  /** Index into {@link CHANNELS}. */
  readonly channel: Int8Array
  /** 1 where there is a quadruplet. */
  readonly mask: Uint8Array
  /** How many of {@link FOUR_LEPTON_CUTS} the event passes: all of them where there is a quadruplet. */
  readonly passed: Uint8Array
}

/**
 * Pairs leptons of H → ZZ* → 4ℓ. Of all quadruplets of two same-flavour opposite-charge pairs that pass the
 * selection it takes the one whose leading pair is nearest to the Z mass, and of those the one whose other
 * pair is; equal ones go to the first in order. The leading pair of a quadruplet is the one nearer to the Z
 * mass.
 */
export function pairLeptons(
  leptons: ChargedLeptons,
  offsets: Offsets,
  selection: FourLeptonSelection = standardSelection,
): Quadruplets {
  const { pt, eta, phi, charge, pdgId } = leptons
  const size = commonLength('pairLeptons', { pt, eta, phi, mass: leptons.mass, charge, pdgId })
  const events = listCount('pairLeptons', offsets, size)
  const p4 = fromPtEtaPhiM(leptons)
  const none = (): Int32Array => new Int32Array(events).fill(-1)
  const nan = (): Float64Array => new Float64Array(events).fill(Number.NaN)
  const out = {
    lepton1: none(),
    antilepton1: none(),
    lepton2: none(),
    antilepton2: none(),
    m12: nan(),
    m34: nan(),
    m4l: nan(),
    pt4l: nan(),
    channel: new Int8Array(events).fill(-1),
    mask: new Uint8Array(events),
    passed: new Uint8Array(events),
  }
  const good = goodLeptons(leptons, selection)
  for (let event = 0; event < events; event++) {
    out.passed[event] = countGood(good, offsets[event], offsets[event + 1]) >= 4 ? 1 : 0
    const pairs = candidatePairs(leptons, p4, good, offsets[event], offsets[event + 1])
    let best1 = Infinity
    let best2 = Infinity
    for (const first of pairs) {
      const away1 = Math.abs(first.mass - Z_MASS)
      if (away1 > best1) continue
      for (const second of pairs) {
        const away2 = Math.abs(second.mass - Z_MASS)
        if (shareLepton(first, second) || away2 < away1 || (away1 === best1 && away2 >= best2)) continue
        const passed = cutsPassed(first, second, leptons, p4, selection)
        if (passed > out.passed[event]) out.passed[event] = passed
        if (passed < FOUR_LEPTON_CUTS.length) continue
        best1 = away1
        best2 = away2
        const four = [first.minus, first.plus, second.minus, second.plus]
        const [x, y, z, e] = [p4.px, p4.py, p4.pz, p4.e].map((c) => four.reduce((sum, i) => sum + c[i], 0))
        out.lepton1[event] = first.minus
        out.antilepton1[event] = first.plus
        out.lepton2[event] = second.minus
        out.antilepton2[event] = second.plus
        out.m12[event] = first.mass
        out.m34[event] = second.mass
        out.m4l[event] = mass(x, y, z, e)
        out.pt4l[event] = Math.sqrt(x * x + y * y)
        out.channel[event] = channelOf(Math.abs(pdgId[first.minus]), Math.abs(pdgId[second.minus]))
        out.mask[event] = 1
      }
    }
  }
  return out
}

interface Pair {
  readonly minus: number
  readonly plus: number
  readonly mass: number
}

function goodLeptons(leptons: ChargedLeptons, s: FourLeptonSelection): Uint8Array {
  return Uint8Array.from(leptons.pt as ArrayLike<number>, (pt, i) => {
    const id = Math.abs(leptons.pdgId[i])
    const eta = Math.abs(leptons.eta[i])
    if (id === 11) return pt > s.electronPt && eta < s.electronAbsEta ? 1 : 0
    return id === 13 && pt > s.muonPt && eta < s.muonAbsEta ? 1 : 0
  })
}

function candidatePairs(
  leptons: ChargedLeptons,
  p4: Cartesian64,
  good: Uint8Array,
  first: number,
  end: number,
): readonly Pair[] {
  const pairs: Pair[] = []
  for (let i = first; i < end; i++) {
    if (good[i] === 0 || leptons.charge[i] >= 0) continue
    for (let j = first; j < end; j++) {
      if (good[j] === 0 || leptons.charge[j] <= 0) continue
      if (Math.abs(leptons.pdgId[i]) !== Math.abs(leptons.pdgId[j])) continue
      pairs.push({ minus: i, plus: j, mass: pairMass(p4, i, j) })
    }
  }
  return pairs
}

/** How many of {@link FOUR_LEPTON_CUTS} a quadruplet of good leptons passes before the first that it fails. */
function cutsPassed(
  first: Pair,
  second: Pair,
  leptons: ChargedLeptons,
  p4: Cartesian64,
  s: FourLeptonSelection,
): number {
  const inside = (m: number, [low, high]: readonly [number, number]): boolean => m > low && m < high
  const four = [first.minus, first.plus, second.minus, second.plus]
  const pts = four.map((i) => leptons.pt[i]).sort((a, b) => b - a)
  if (!s.pt.every((threshold, k) => pts[k] > threshold)) return 2
  if (!inside(first.mass, s.m12)) return 3
  if (!inside(second.mass, s.m34)) return 4
  const sameFlavour = Math.abs(leptons.pdgId[first.minus]) === Math.abs(leptons.pdgId[second.minus])
  const pairMasses = sameFlavour
    ? [pairMass(p4, first.minus, second.plus), pairMass(p4, second.minus, first.plus)]
    : []
  if (![first.mass, second.mass, ...pairMasses].every((m) => m > s.anyPairMass)) return 5
  const apart = four.every((i, k) => four.slice(k + 1).every((j) => separation(leptons, i, j) > s.deltaR))
  return apart ? 7 : 6
}

function countGood(good: Uint8Array, begin: number, end: number): number {
  let count = 0
  for (let i = begin; i < end; i++) count += good[i]
  return count
}

const separation = (l: { readonly eta: Column; readonly phi: Column }, i: number, j: number): number =>
  deltaR(l.eta[i], l.phi[i], l.eta[j], l.phi[j])

const shareLepton = (a: Pair, b: Pair): boolean => a.minus === b.minus || a.plus === b.plus

const pairMass = ({ px, py, pz, e }: Cartesian64, i: number, j: number): number =>
  mass(px[i] + px[j], py[i] + py[j], pz[i] + pz[j], e[i] + e[j])

/** By the flavours (11 or 13) of the leading and the other pair. */
function channelOf(first: number, second: number): number {
  if (first === second) return first === 13 ? 0 : 1
  return first === 11 ? 2 : 3
}
