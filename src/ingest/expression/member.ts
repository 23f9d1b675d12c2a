import type { Numbers } from './loops.js'
import type { Strings } from './registers.js'

/** Up to this many numbers, comparing with each is quicker than a hash set. */
const FEW = 8

/** Writes `found` where a number is one of `values`, its opposite elsewhere; 0 for NaN in either case. */
export function memberOfNumbers(values: readonly number[], found: number) {
  const few = Float64Array.from(values)
  const many = new Set(values)
  const has = values.length <= FEW ? (x: number) => few.includes(x) : (x: number) => many.has(x)
  return (a: Numbers, out: Uint8Array, n: number): void => {
    for (let i = 0; i < n; i++) out[i] = Number.isNaN(a[i]) ? 0 : has(a[i]) ? found : 1 - found
  }
}

/** The same for strings: each dictionary is looked through once, then codes are looked up in a table. */
export function memberOfStrings(values: ReadonlySet<unknown>, found: number) {
  let dictionary: readonly string[] | undefined
  let table = new Uint8Array(0)
  return (strings: Strings, out: Uint8Array, n: number): void => {
    if (strings.dictionary !== dictionary) {
      dictionary = strings.dictionary
      table = Uint8Array.from(dictionary, (text) => (values.has(text) ? found : 1 - found))
    }
    const { codes } = strings
    for (let i = 0; i < n; i++) {
      const code = codes[i]
      out[i] = code >= 0 && code < table.length ? table[code] : 0
    }
  }
}
