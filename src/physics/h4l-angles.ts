import { toRestFrame } from './boost.js'
import { type Cartesian, commonLength } from './columns.js'
import { clampCosine, cosineAwayFrom } from './helicity.js'
import { addPairs } from './sum.js'

/**
 * The four leptons of X → Z1 Z2: Z1 → lepton1 antilepton1 and Z2 → lepton2 antilepton2, columns of equal
 * length.
 */
export interface FourLeptons {
  readonly lepton1: Cartesian
  readonly antilepton1: Cartesian
  readonly lepton2: Cartesian
  readonly antilepton2: Cartesian
}

/** Cosines in [−1, 1], angles in (−π, π]. */
export interface FourLeptonAngles {
  readonly cosThetaStar: Float64Array
  readonly cosTheta1: Float64Array
  readonly cosTheta2: Float64Array
  readonly phi: Float64Array
  readonly phi1: Float64Array
}

/**
 * The five decay angles of X → Z1 Z2 → 4ℓ (Gao et al., arXiv:1001.3396; signs as in Bolognesi et al.,
 * arXiv:1208.4018, eq. 1–5).
 *
 * Which pair is Z1, and which of its leptons is "lepton" (the negative one), is the caller's choice;
 * `pairLeptons` of h4l-pairing.ts makes the usual one (Z1 is the pair nearer to the Z mass). With q1 the
 * momentum of Z1, q11 and q12 those of its lepton and antilepton, q21 and q22 of Z2's, all in the rest frame
 * of X, n1 = q11 × q12, n2 = q21 × q22, n_sc = ẑ × q1 (normalised):
 * - cos θ* = q̂1 · ẑ;
 * - θ1 is the angle, in the rest frame of Z1, between its lepton and the direction opposite to Z2; θ2
 *   likewise;
 * - Φ = sign(q1 · (n1 × n2)) arccos(−n1 · n2), between the decay planes;
 * - Φ1 = sign(q1 · (n1 × n_sc)) arccos(n1 · n_sc), between the decay plane of Z1 and the production plane.
 *
 * Planes that do not exist (collinear leptons, Z1 along the beam, Z1 at rest) give 0 for their angle; missing
 * leptons (NaN) give NaN.
 */
export function fourLeptonAngles(leptons: FourLeptons): FourLeptonAngles {
  const { lepton1, antilepton1, lepton2, antilepton2 } = leptons
  const length = commonLength('fourLeptonAngles', {
    lepton1: lepton1.px,
    antilepton1: antilepton1.px,
    lepton2: lepton2.px,
    antilepton2: antilepton2.px,
  })
  const z1 = addPairs(lepton1, antilepton1)
  const z2 = addPairs(lepton2, antilepton2)
  const x = addPairs(z1, z2)
  const q1 = toRestFrame(z1, x)
  const n1 = planeNormals(toRestFrame(lepton1, x), toRestFrame(antilepton1, x))
  const n2 = planeNormals(toRestFrame(lepton2, x), toRestFrame(antilepton2, x))
  const cosThetaStar = new Float64Array(length)
  const phi = new Float64Array(length)
  const phi1 = new Float64Array(length)
  for (let i = 0; i < length; i++) {
    const qx = q1.px[i]
    const qy = q1.py[i]
    const qz = q1.pz[i]
    const q = Math.sqrt(qx * qx + qy * qy + qz * qz)
    cosThetaStar[i] = clampCosine(qz / q)
    phi[i] = angleAbout(qx / q, qy / q, qz / q, n1, n2, i, -1)
    // n_sc = ẑ × q1 = (−qy, qx, 0); its length does not matter to the arctangent.
    const cross = (qz * (n1.x[i] * qx + n1.y[i] * qy) - n1.z[i] * (qx * qx + qy * qy)) / q
    phi1[i] = Math.atan2(cross, n1.y[i] * qx - n1.x[i] * qy)
  }
  return {
    cosThetaStar,
    cosTheta1: cosineAwayFrom(lepton1, z1, z2),
    cosTheta2: cosineAwayFrom(lepton2, z2, z1),
    phi,
    phi1,
  }
}

interface Normals {
  readonly x: Float64Array
  readonly y: Float64Array
  readonly z: Float64Array
}

/** a × b of each pair of momenta, not normalised. */
function planeNormals(a: Cartesian, b: Cartesian): Normals {
  const length = a.px.length
  const out = { x: new Float64Array(length), y: new Float64Array(length), z: new Float64Array(length) }
  for (let i = 0; i < length; i++) {
    out.x[i] = a.py[i] * b.pz[i] - a.pz[i] * b.py[i]
    out.y[i] = a.pz[i] * b.px[i] - a.px[i] * b.pz[i]
    out.z[i] = a.px[i] * b.py[i] - a.py[i] * b.px[i]
  }
  return out
}

/** The signed angle from a to ±b about the unit axis u, to which both are at right angles. */
function angleAbout(
  ux: number,
  uy: number,
  uz: number,
  a: Normals,
  b: Normals,
  i: number,
  sign: 1 | -1,
): number {
  const cx = a.y[i] * b.z[i] - a.z[i] * b.y[i]
  const cy = a.z[i] * b.x[i] - a.x[i] * b.z[i]
  const cz = a.x[i] * b.y[i] - a.y[i] * b.x[i]
  const dot = a.x[i] * b.x[i] + a.y[i] * b.y[i] + a.z[i] * b.z[i]
  // + 0 turns −0 into 0: planes that do not exist give the angle 0, not π.
  return Math.atan2(ux * cx + uy * cy + uz * cz, sign * dot + 0)
}
