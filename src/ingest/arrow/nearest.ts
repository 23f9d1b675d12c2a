/** Up to three names nearest to a misspelt one by edit distance, nearest first. */
export function nearest(name: string, names: Iterable<string>): readonly string[] {
  return [...names]
    .map((other) => ({ other, distance: distance(name.slice(0, 100), other.slice(0, 100)) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ other }) => other)
}

/** Levenshtein distance by one row of the table. */
function distance(a: string, b: string): number {
  const row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    let diagonal = row[0]
    row[0] = i
    for (let j = 1; j <= b.length; j++) {
      const cost = Math.min(row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] === b[j - 1] ? 0 : 1))
      diagonal = row[j]
      row[j] = cost
    }
  }
  return row[b.length]
}
