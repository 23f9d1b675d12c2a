/** Solves the square linear system rows · x = right by Gaussian elimination; undefined when it is singular. */
export function solve(rows: readonly (readonly number[])[], right: readonly number[]): number[] | undefined {
  const size = right.length
  const matrix = rows.map((row, i) => [...row, right[i]])
  for (let column = 0; column < size; column++) {
    const pivot = largestBelow(matrix, column)
    if (Math.abs(matrix[pivot][column]) < 1e-12) return undefined
    ;[matrix[column], matrix[pivot]] = [matrix[pivot], matrix[column]]
    for (let row = 0; row < size; row++) {
      if (row === column) continue
      const factor = matrix[row][column] / matrix[column][column]
      for (let k = column; k <= size; k++) matrix[row][k] -= factor * matrix[column][k]
    }
  }
  return matrix.map((row, i) => row[size] / row[i])
}

function largestBelow(matrix: readonly (readonly number[])[], column: number): number {
  let best = column
  for (let row = column + 1; row < matrix.length; row++) {
    if (Math.abs(matrix[row][column]) > Math.abs(matrix[best][column])) best = row
  }
  return best
}
