import { inclusiveJets } from '#spillway/physics/jets/jets.js'
import { primaryLundPlane } from '#spillway/physics/jets/lund.js'

/** The columns that fastjet_history.py writes. */
export const FASTJET_COLUMNS = [
  'parent1',
  'parent2',
  'delta',
  'jetOffsets',
  'jetNode',
  'jetPt',
  'jetMass',
  'lundOffsets',
  'lund',
]

/**
 * Compares a clustering history with FastJet's, list by list. Counts the lists whose mergings, inclusive jets
 * or number of primary splittings differ, and gives the largest relative difference of jets and Lund
 * coordinates over the lists where they agree.
 */
export function compareWithFastjet(history, theirs) {
  const jets = inclusiveJets(history)
  const lund = primaryLundPlane(history)
  const result = { lists: history.offsets.length - 1, steps: 0, jets: 0, splittings: 0 }
  const different = { history: 0, jets: 0, lund: 0 }
  const worst = { pt: 0, mass: 0, lund: 0 }
  for (let l = 0; l < result.lists; l++) {
    const [first, end] = [history.offsets[l], history.offsets[l + 1]]
    result.steps += end - first
    if (!sameMergings(history, theirs, first, end)) different.history++
    const [jet, jetEnd] = [jets.offsets[l], jets.offsets[l + 1]]
    const other = theirs.jetOffsets[l]
    result.jets += jetEnd - jet
    if (jetEnd - jet !== theirs.jetOffsets[l + 1] - other) different.jets++
    else {
      for (let k = 0; k < jetEnd - jet; k++) {
        const at = jet + k
        const pt = Math.hypot(jets.px[at], jets.py[at])
        const m2 = jets.e[at] ** 2 - jets.px[at] ** 2 - jets.py[at] ** 2 - jets.pz[at] ** 2
        const m = theirs.jetMass[other + k]
        worst.pt = Math.max(worst.pt, relative(pt, theirs.jetPt[other + k]))
        // m² is a difference of squares: its rounding is that of E².
        worst.mass = Math.max(worst.mass, Math.abs(m2 - m * Math.abs(m)) / jets.e[at] ** 2)
      }
    }
    const [split, splitEnd] = [lund.offsets[l], lund.offsets[l + 1]]
    const theirSplit = theirs.lundOffsets[l]
    result.splittings += splitEnd - split
    if (splitEnd - split !== theirs.lundOffsets[l + 1] - theirSplit) different.lund++
    else {
      for (let k = 0; k < splitEnd - split; k++) {
        const row = theirs.lund.subarray(6 * (theirSplit + k), 6 * (theirSplit + k) + 6)
        worst.lund = Math.max(worst.lund, splittingDifference(lund, split + k, row))
      }
    }
  }
  return { ...result, different, worst }
}

function sameMergings(history, theirs, first, end) {
  for (let s = first; s < end; s++) {
    const beam = history.parent2[s] < 0
    if (beam !== theirs.parent2[s] < 0) return false
    if (!beam && (history.parent1[s] !== theirs.parent1[s] || history.parent2[s] !== theirs.parent2[s]))
      return false
  }
  return true
}

function splittingDifference(lund, at, [lnKt, lnDelta, z, psi, m2, energy]) {
  const m2Ours = Math.exp(2 * lund.lnM[at])
  return Math.max(
    relative(lund.lnKt[at], lnKt),
    relative(lund.lnDelta[at], lnDelta),
    relative(lund.z[at], z),
    Math.abs(Math.sin(0.5 * (lund.psi[at] - psi))),
    m2 > 1e-20 ? Math.abs(m2Ours - m2) / energy ** 2 : 0,
  )
}

function relative(a, b) {
  return Math.abs(a - b) / Math.max(Math.abs(b), 1e-3)
}
