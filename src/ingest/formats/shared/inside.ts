/** `events.root:dir/Events` names a tree inside a file: the part after the colon that follows the ending. */
export function splitInside(
  path: string,
  endings: readonly string[],
): { path: string; inside: string | null } {
  for (const ending of endings) {
    const at = path.lastIndexOf(`${ending}:`)
    if (at >= 0) {
      return { path: path.slice(0, at + ending.length), inside: path.slice(at + ending.length + 1) }
    }
  }
  return { path, inside: null }
}
