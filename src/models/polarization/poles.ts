import { type Events, float32 } from '../../ingest/columns.js'

/** Mass of the W boson that samples are selected around, GeV. */
export const W_POLE = 80.4

/** 1 for events whose masses are within `width` GeV of their poles (by column, GeV); all for null. */
export function nearPole(
  events: Events,
  poles: Readonly<Record<string, number>>,
  width: number | null,
): Uint8Array {
  const near = new Uint8Array(events.rows).fill(1)
  if (width === null) return near
  for (const [path, pole] of Object.entries(poles)) {
    const mass = float32(events, path)
    for (let row = 0; row < events.rows; row++) if (!(Math.abs(mass[row] - pole) < width)) near[row] = 0
  }
  return near
}
