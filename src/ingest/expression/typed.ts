import type { NumberFunction } from './functions.js'
import type { Reduction } from './reductions.js'
import type { ArithmeticOp, CompareOp, LogicOp } from './syntax.js'

export type ExpressionType = 'number' | 'bool' | 'string'

interface Node {
  readonly type: ExpressionType
  /** '' is one value per event; else the list. Operands of a node have its axis unless it says otherwise. */
  readonly axis: string
}

export interface Constant extends Node {
  readonly kind: 'constant'
  readonly value: number | string | boolean
}

/** A column, read as `type`: a bool column read as number is 0, 1 or NaN where null. */
export interface Read extends Node {
  readonly kind: 'read'
  readonly path: string
  /** What the column holds. */
  readonly holds: ExpressionType
}

/** An event-level value repeated for every item of `axis`. */
export interface Spread extends Node {
  readonly kind: 'spread'
  readonly of: Typed
}

export interface Arithmetic extends Node {
  readonly kind: 'arithmetic'
  readonly op: ArithmeticOp
  readonly left: Typed
  readonly right: Typed
}

export interface Compare extends Node {
  readonly kind: 'compare'
  readonly op: CompareOp
  readonly left: Typed
  readonly right: Typed
}

export interface Logic extends Node {
  readonly kind: 'logic'
  readonly op: LogicOp
  readonly left: Typed
  readonly right: Typed
}

export interface Not extends Node {
  readonly kind: 'not'
  readonly of: Typed
}

/** `x in [...]`, and a string compared with one literal. */
export interface Member extends Node {
  readonly kind: 'member'
  readonly of: Typed
  readonly values: readonly (number | string | boolean)[]
  readonly negated: boolean
}

export interface Call extends Node {
  readonly kind: 'call'
  readonly fn: NumberFunction
  readonly args: readonly Typed[]
}

export interface Where extends Node {
  readonly kind: 'where'
  readonly when: Typed
  readonly held: Typed
  readonly otherwise: Typed
}

export interface IsNull extends Node {
  readonly kind: 'isnull'
  readonly of: Typed
}

/** One item of each event's list: `of` runs along a list, `index` and the result along ''. */
export interface Item extends Node {
  readonly kind: 'item'
  readonly of: Typed
  readonly index: Typed
}

/** `of` runs along a list, the result along ''. */
export interface Reduce extends Node {
  readonly kind: 'reduce'
  readonly fn: Reduction
  readonly of: Typed
}

/** An expression whose names, types and axes have been checked. */
export type Typed =
  | Constant
  | Read
  | Spread
  | Arithmetic
  | Compare
  | Logic
  | Not
  | Member
  | Call
  | Where
  | IsNull
  | Item
  | Reduce
