export function slopeOf(
  values: readonly number[],
  blocks?: number,
): { readonly slope: number; readonly error: number } | null
