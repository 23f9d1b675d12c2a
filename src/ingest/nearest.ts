/** Names longer than this are cut before they are compared: names come from configurations and from messages. */
const LONGEST = 64

/**
 * The names most like `name`, best first, for an error message. Compared without regard to case, by edit distance;
 * a name is like another when at most a third of it (and at least two letters) must change, or when one holds
 * the other.
 */
export function nearest(name: string, names: Iterable<string>, limit = 3): string[] {
  const wanted = name.slice(0, LONGEST).toLowerCase()
  const close: { name: string; distance: number; within: boolean }[] = []
  for (const candidate of names) {
    const other = candidate.slice(0, LONGEST).toLowerCase()
    const within = wanted.length > 1 && (other.includes(wanted) || wanted.includes(other))
    const distance = editDistance(wanted, other)
    if (within || distance <= Math.max(2, wanted.length / 3))
      close.push({ name: candidate, distance, within })
  }
  close.sort(
    (a, b) => a.distance - b.distance || Number(b.within) - Number(a.within) || (a.name < b.name ? -1 : 1),
  )
  return close.slice(0, limit).map((entry) => entry.name)
}

/** Names listed where none is like the one asked for. */
const LISTED = 10

/** What to say after `no column jets.p`: `; the nearest are …`, or the names there are when none is like it. */
export function hint(name: string, names: Iterable<string>): string {
  const known = [...names]
  const close = nearest(name, known)
  if (close.length > 0) return `; the nearest are ${close.join(', ')}`
  if (known.length === 0) return '; there are none'
  const more = known.length > LISTED ? ` and ${known.length - LISTED} more` : ''
  return `; there are ${known.slice(0, LISTED).join(', ')}${more}`
}

/** Levenshtein distance with one row of memory. */
function editDistance(a: string, b: string): number {
  const row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    let diagonal = row[0]
    row[0] = i
    for (let j = 1; j <= b.length; j++) {
      const above = row[j]
      const changed = diagonal + (a[i - 1] === b[j - 1] ? 0 : 1)
      row[j] = Math.min(changed, above + 1, row[j - 1] + 1)
      diagonal = above
    }
  }
  return row[b.length]
}
