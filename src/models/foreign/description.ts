/** One variable of a foreign model: `clip((x - subtract) · multiply, low, high)`, padded with `pad`. */
export interface ForeignVariable {
  readonly name: string
  readonly subtract: number
  readonly multiply: number
  readonly low: number
  readonly high: number
  /** Stands for infinities and NaN before anything is subtracted; `null` leaves them. */
  readonly replace: number | null
  readonly pad: number
}

/** One input tensor of a foreign model. */
export interface ForeignInput {
  readonly name: string
  /** Whether variables run along a list (particles, tracks) or hold one value an item. */
  readonly ragged: boolean
  /** Entries the model was trained with; `null` where it takes any number. */
  readonly length: number | null
  /** `wrap` repeats the entries instead of padding with a constant; `null` where nothing is said of it. */
  readonly padMode: 'constant' | 'wrap' | null
  /** `channels`: [n, variables, entries]; `features`: [n, entries, variables] or [n, variables]. */
  readonly layout: 'channels' | 'features'
  readonly variables: readonly ForeignVariable[]
}

/** What another framework says of the inputs and outputs of a model that it exported. */
export interface ForeignModel {
  readonly framework: 'weaver' | 'salt'
  readonly inputs: readonly ForeignInput[]
  readonly outputs: readonly string[]
  /** Variables that the framework computes from others, as it writes them. */
  readonly derived: ReadonlyMap<string, string>
}

export const plainVariable = (name: string): ForeignVariable => ({
  name,
  subtract: 0,
  multiply: 1,
  low: Number.NEGATIVE_INFINITY,
  high: Number.POSITIVE_INFINITY,
  replace: null,
  pad: 0,
})
