/** Text as HepMC3 writes it: `\|` for a line's end, `\\` for a backslash. */
function plainText(text: string): string {
  return text.replace(/\\(.)/g, (_, sign: string) => (sign === '|' ? '\n' : sign))
}

/** Names of weights from the run's `W` line: one a line, made unique and not empty. */
export function weightNames(text: string): readonly string[] {
  const seen = new Map<string, number>()
  return plainText(text.trim())
    .split('\n')
    .map((raw, i) => {
      const name = raw.trim() === '' ? `weight_${i}` : raw.trim()
      const count = seen.get(name) ?? 0
      seen.set(name, count + 1)
      return count === 0 ? name : `${name}_${count}`
    })
}
