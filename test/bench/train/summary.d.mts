export interface Line {
  readonly id: string
  readonly seed: number
  readonly items: Readonly<Record<string, number>>
  readonly epochs: number
  readonly spillway: Readonly<Record<string, number>>
  readonly peers: Readonly<Record<string, Readonly<Record<string, number>>>>
}

export interface Spread {
  readonly mean: number
  readonly range: number
  readonly values: readonly number[]
}

export interface Row {
  readonly id: string
  readonly name: string
  readonly peer: string
  readonly spillway: Spread
  readonly twin: Spread
}

export function rowsOf(lines: readonly Line[]): readonly Row[]
export function targetOf(row: Row): {
  readonly id: string
  readonly target: string
  readonly value: number
  /** `null` where one seed is all there is. */
  readonly ok: boolean | null
}
