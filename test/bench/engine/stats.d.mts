export function quantile(values: readonly number[], q: number): number
export function median(values: readonly number[]): number
export function slope(points: readonly (readonly [number, number])[]): number
export function pairedRatio(above: readonly number[], below: readonly number[]): number
