import type { TensorSpec } from '../feature-builder.js'
import type { Momenta } from '../momenta.js'

/** ln pT, η, cos Δφ, sin Δφ, ln E of a particle. */
export const KINEMATICS = 5
/** Floor of what logarithms are taken of, GeV. */
const TINY = 1e-3

/**
 * Writes the {@link KINEMATICS} of particle `k`, its azimuth counted from `azimuth`. `side` and `hand` are 1, or −1 for an event
 * seen in a mirror: one that turns the beam around, or one that holds beam and `azimuth`.
 */
export function writeParticle(
  out: Float32Array,
  at: number,
  p: Momenta,
  k: number,
  azimuth: number,
  side: 1 | -1 = 1,
  hand: 1 | -1 = 1,
): void {
  const pt = p.pt[k]
  const pz = pt * Math.sinh(p.eta[k])
  const energy = Math.sqrt(pt * pt + pz * pz + p.mass[k] * p.mass[k])
  const phi = p.phi[k] - azimuth
  out[at] = Math.log(Math.max(pt, TINY))
  out[at + 1] = side * p.eta[k]
  out[at + 2] = Math.cos(phi)
  out[at + 3] = hand * Math.sin(phi)
  out[at + 4] = Math.log(Math.max(energy, TINY))
}

/** Azimuth of the sum of particle `a` of one list and `b` of another. */
export function azimuthOf(p: Momenta, a: number, q: Momenta, b: number): number {
  const y = p.pt[a] * Math.sin(p.phi[a]) + q.pt[b] * Math.sin(q.phi[b])
  const x = p.pt[a] * Math.cos(p.phi[a]) + q.pt[b] * Math.cos(q.phi[b])
  return Math.atan2(y, x)
}

export const CHANNELS = 9

/** The initial state one-hot; outside of 0 to 8 NaN: an event of which more is claimed to be known than is. */
export function oneHot(out: Float32Array, slot: number, channel: number): void {
  const known = Number.isInteger(channel) && channel >= 0 && channel < CHANNELS
  out.fill(known ? 0 : Number.NaN, slot * CHANNELS, (slot + 1) * CHANNELS)
  if (known) out[slot * CHANNELS + channel] = 1
}

/** How an event is laid out in tensors. */
export interface EventLayout {
  readonly layout: 'flat' | 'tokens' | 'derived'
  /** Numbers of an event (`flat`), and of a particle (`tokens`). */
  readonly flat: number
  readonly token: number
  /** Whether there is an initial state beside. */
  readonly channel: boolean
  /** Names of the derived quantities beside. */
  readonly derived: readonly string[]
}

/** Its particles, and what stands beside them. */
export function tensorsOf({ layout, flat, token, channel, derived }: EventLayout): TensorSpec[] {
  const particles: Readonly<Record<EventLayout['layout'], readonly TensorSpec[]>> = {
    flat: [{ name: 'momenta', shape: ['n', flat] }],
    tokens: [
      { name: 'particles', shape: ['n', 't', token] },
      { name: 'mask', shape: ['n', 't'] },
    ],
    derived: [],
  }
  return [
    ...particles[layout],
    ...(channel ? [{ name: 'channel', shape: ['n', CHANNELS] as const }] : []),
    ...(derived.length === 0
      ? []
      : [{ name: 'derived', shape: ['n', derived.length] as const, components: derived }]),
  ]
}
