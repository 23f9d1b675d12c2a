import { describe, expect, it } from 'vitest'
import { divergenceTable } from '#spillway/models/jets/lundnet/divergence.js'
import { recipe } from '#spillway/models/jets/lundnet/recipe.js'
import type { ReportedRun } from '#spillway/report/run-report.js'
import { runSchema } from '#spillway/train/config.js'
import { normalRandom, uniformRandom } from '#spillway/train/layers/initial.js'
import { scoreTable } from '#spillway/train/score-table.js'

const JETS = 4000
const [normal, uniform] = [normalRandom(5), uniformRandom(5)]
/** Half W jets around 80 GeV, half QCD of all masses. */
const truth = Float64Array.from({ length: JETS }, (_, row) => row % 2)
const mass = truth.map((is) => (is === 1 ? 80 + 8 * normal() : 200 * uniform()))
const noise = truth.map((is) => normal() + 2 * is)

/** @param known how much the score knows of the mass */
function run(name: string, known: number, masses = mass): ReportedRun {
  const config = runSchema(recipe).parse({ system: 'lundnet', data: { files: ['x.arrow'] }, recipe: {} })
  const columns: [string, Float64Array][] = [
    ['split', new Float64Array(JETS).fill(2)],
    ['origin', truth],
    ['mass', masses],
    ['score.p_w', noise.map((value, row) => value - known * Math.abs(masses[row] - 80))],
  ]
  return { name, config, table: scoreTable(new Map(columns)) } as ReportedRun
}

function rowsOf(runs: readonly ReportedRun[]): readonly (readonly string[])[] {
  const { content } = divergenceTable(runs)
  if (!('rows' in content)) throw new Error('no table')
  return content.rows
}
const numbers = (text: string): number[] => text.split(' ± ').map(Number)

describe('sculpting', () => {
  it('is that of chance where the score knows nothing of the mass, and more where it does', () => {
    for (const [, , , tagged, divergence, random] of rowsOf([run('blind', 0)])) {
      const [[value], [chance, spread]] = [numbers(divergence), numbers(random)]
      expect(Number(tagged)).toBeGreaterThan(20)
      expect(Math.abs(value - chance)).toBeLessThan(3 * spread)
    }
    for (const [, , , , divergence, random] of rowsOf([run('sculpts', 0.1)])) {
      expect(numbers(divergence)[0] - numbers(random)[0]).toBeGreaterThan(0.2)
    }
  })

  it('of another run is compared on the same jets, beyond what either has by chance', () => {
    const rows = rowsOf([
      run('blind', 0),
      run('sculpts', 0.1),
      run(
        'others',
        0,
        mass.map((m) => m + 1),
      ),
    ])
    expect(rows.slice(0, 3).map((row) => row[6])).toEqual(['', '', ''])
    rows.slice(3, 6).forEach((row, k) => {
      const [difference, error] = numbers(row[6])
      const above = (r: readonly string[]) => numbers(r[4])[0] - numbers(r[5])[0]
      expect(difference).toBeCloseTo(above(row) - above(rows[k]), 3)
      expect(difference).toBeGreaterThan(4 * error)
    })
    expect(rows.slice(6).map((row) => row[6])).toEqual(['-', '-', '-'])
  })
})
