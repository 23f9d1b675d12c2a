import type { Cartesian64 } from '#spillway/physics/columns.js'

export function generateEvents(
  count: number,
  seed: number,
): { readonly p4: Cartesian64; readonly offsets: Int32Array }
