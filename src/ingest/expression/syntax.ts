/** What the parser gives: names are not yet looked up. `at` is the offset in the source, from 0. */
export type Syntax =
  | { readonly kind: 'constant'; readonly at: number; readonly value: number | string | boolean }
  | { readonly kind: 'name'; readonly at: number; readonly path: string }
  | { readonly kind: 'call'; readonly at: number; readonly name: string; readonly args: readonly Syntax[] }
  | { readonly kind: 'unary'; readonly at: number; readonly op: UnaryOp; readonly of: Syntax }
  | {
      readonly kind: 'binary'
      readonly at: number
      readonly op: BinaryOp
      readonly left: Syntax
      readonly right: Syntax
    }
  | {
      readonly kind: 'in'
      readonly at: number
      readonly of: Syntax
      readonly items: readonly Syntax[]
      readonly negated: boolean
    }
  | { readonly kind: 'index'; readonly at: number; readonly of: Syntax; readonly index: Syntax }

export type UnaryOp = '-' | 'not'
export type ArithmeticOp = '+' | '-' | '*' | '/'
export type CompareOp = '<' | '<=' | '>' | '>=' | '==' | '!='
export type LogicOp = 'and' | 'or'
export type BinaryOp = ArithmeticOp | CompareOp | LogicOp

/** Limits on a source, so that a hostile one costs little: it is refused before it can recurse or allocate. */
export const limits = {
  /** UTF-16 units of the source. */
  characters: 8192,
  tokens: 2048,
  /** Parentheses, brackets, calls and right-hand operands inside one another. */
  nesting: 40,
} as const
