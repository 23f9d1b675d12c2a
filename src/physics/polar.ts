import type { Column } from './columns.js'

/** Beyond these the polynomials below are not used: they would lose digits. */
const MAX_PHI = 20
const MAX_ETA = 8

/** 2π in two parts: the first has few enough bits that small multiples of it are exact. */
const TWO_PI_HIGH = 6.2831853071793375
const TWO_PI_LOW = 2.4893488687586454e-13
/** Adding and subtracting this rounds a number to the nearest integer. */
const ROUNDER = 6755399441055744

/**
 * Writes pT cos φ, pT sin φ and pT sinh η. The functions are evaluated together, without branches: Taylor
 * polynomials of φ/4 and η/16, then sin 2x = 2 sin x cos x, cos 2x = 1 − 2 sin² x and the like for sinh and
 * cosh. That is several times faster than the library's functions one by one; the error of cos and sin is
 * below 2e-15, that of sinh below 4e-15 of its value. Large |φ| and |η|, NaN and infinities go to the
 * library.
 */
export function polarToCartesian(
  pt: Column,
  eta: Column,
  phi: Column,
  px: Float64Array,
  py: Float64Array,
  pz: Float64Array,
): void {
  for (let i = 0; i < pt.length; i++) {
    const t = pt[i]
    const f = phi[i]
    const h = eta[i]
    if (!(Math.abs(f) < MAX_PHI && Math.abs(h) < MAX_ETA)) {
      px[i] = t * Math.cos(f)
      py[i] = t * Math.sin(f)
      pz[i] = t * Math.sinh(h)
      continue
    }
    const turns = f * (1 / (2 * Math.PI)) + ROUNDER - ROUNDER
    const x = 0.25 * (f - turns * TWO_PI_HIGH - turns * TWO_PI_LOW)
    const q = x * x
    const s =
      x *
      (1 -
        q *
          (1 / 6 -
            q *
              (1 / 120 -
                q *
                  (1 / 5040 -
                    q * (1 / 362880 - q * (1 / 39916800 - q * (1 / 6227020800 - q * (1 / 1307674368000))))))))
    const c =
      1 -
      q *
        (1 / 2 -
          q *
            (1 / 24 -
              q *
                (1 / 720 -
                  q *
                    (1 / 40320 -
                      q *
                        (1 / 3628800 -
                          q * (1 / 479001600 - q * (1 / 87178291200 - q * (1 / 20922789888000))))))))
    const s2 = 2 * s * c
    const c2 = 1 - 2 * s * s
    px[i] = t * (1 - 2 * s2 * s2)
    py[i] = t * (2 * s2 * c2)
    const y = 0.0625 * h
    const r = y * y
    const a =
      y *
      (1 +
        r *
          (1 / 6 +
            r * (1 / 120 + r * (1 / 5040 + r * (1 / 362880 + r * (1 / 39916800 + r * (1 / 6227020800)))))))
    const b =
      1 +
      r *
        (1 / 2 +
          r *
            (1 / 24 +
              r *
                (1 / 720 +
                  r * (1 / 40320 + r * (1 / 3628800 + r * (1 / 479001600 + r * (1 / 87178291200)))))))
    const a2 = 2 * a * b
    const b2 = 1 + 2 * a * a
    const a4 = 2 * a2 * b2
    const b4 = 1 + 2 * a2 * a2
    const a8 = 2 * a4 * b4
    const b8 = 1 + 2 * a4 * a4
    pz[i] = t * (2 * a8 * b8)
  }
}
