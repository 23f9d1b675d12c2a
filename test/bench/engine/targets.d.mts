export interface Target {
  readonly id: string
  readonly target: string
  /** `null` where it was not measured; so is `ok`. */
  readonly value: number | null
  readonly ok: boolean | null
}

type Runs = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>

export function targetsOf(measured: {
  readonly throughput: Readonly<Record<string, Runs>>
  readonly latency: Runs
  readonly soak: { readonly slope: number } | null
}): readonly Target[]
