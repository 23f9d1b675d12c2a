import { describe, expect, it } from 'vitest'
import { distributions, profiles, rocCurve, wholeAxis, withRatio } from '#spillway/report/charts.js'
import { histogram, profile } from '#spillway/report/histogram.js'
import { workingPoints } from '#spillway/report/roc.js'
import { palette, toSvg } from '#spillway/report/svg.js'

const edges = [0, 1, 3]
const truth = { name: 'truth', histogram: histogram([0.5, 0.6, 2], [1, 1, 2], edges) }
const predicted = { name: 'predicted', histogram: histogram([0.5, 1.5, 2], [1, 1, 2], edges) }

const opening = (svg: string): string => svg.slice(0, svg.indexOf('>') + 1)

describe('distributions', () => {
  it('draw densities: every series integrates to one', () => {
    const { data } = distributions([truth], 'x') as { data: { values: { x: number; y: number }[] } }
    // 2 of 4 in a bin 1 wide, 2 of 4 in a bin 2 wide.
    expect(data.values.map(({ x, y }) => [x, y])).toEqual([
      [0, 0.5],
      [1, 0.5],
      [1, 0.25],
      [3, 0.25],
    ])
  })
})

describe('an axis of whole numbers', () => {
  it.each<[number[], number[]]>([
    [
      [1, 2],
      [1, 2],
    ],
    [[3], [3]],
    [[], []],
    [
      [1, 12],
      [2, 4, 6, 8, 10, 12],
    ],
    [
      [1, 100],
      [20, 40, 60, 80, 100],
    ],
    [
      [4, 2, 3],
      [2, 3, 4],
    ],
  ])('of %j has ticks at %j', (values, ticks) => {
    expect(wholeAxis(values)).toEqual({ values: ticks, format: 'd' })
  })
})

describe('withRatio', () => {
  it('divides bin by bin, with the error of both', () => {
    const spec = withRatio(truth, predicted, 'x') as unknown as {
      vconcat: { layer?: { data: { values: { r?: number; from?: number; to?: number }[] } }[] }[]
    }
    const [first] = spec.vconcat[1].layer![1].data.values
    // 1 ± 1 over 2 ± √2: 0.5 · √(1² + (√2/2)²).
    expect(first.r).toBeCloseTo(0.5, 12)
    expect(first.to! - first.from!).toBeCloseTo(Math.sqrt(1.5), 12)
  })
})

describe('toSvg', () => {
  it.each([
    ['distributions', distributions([truth, predicted], 'm [GeV]', true)],
    ['withRatio', withRatio(truth, predicted, 'm [GeV]')],
    [
      'profiles',
      profiles(
        [{ name: 'a', means: profile([1, 2, 3, 5], [0, 0.5, 2, 2], [1, 1, 1, 1], edges) }],
        edges,
        'x',
        'y',
      ),
    ],
    [
      'rocCurve',
      rocCurve(
        [{ name: 'W', points: workingPoints([0.9, 0.7, 0.6], [0.8, 0.65, 0.1], [0.3, 0.6, 1]) }],
        'efficiency',
      ),
    ],
  ])('draws %s to scale with the page, without scripts', async (_name, spec) => {
    const svg = await toSvg(spec)
    expect(opening(svg)).toMatch(/^<svg [^>]*viewBox="0 0 [\d.]+ [\d.]+"/)
    expect(opening(svg)).not.toMatch(/\b(width|height)=/)
    expect(svg).toContain(palette[0])
    expect(svg).not.toMatch(/<script|NaN|Infinity|undefined/)
  })
})

describe('a legend', () => {
  it('of long names breaks into lines: a wider picture would be drawn smaller', async () => {
    const widthOf = async (names: readonly string[]): Promise<number> => {
      const series = names.map((name) => ({ ...truth, name }))
      const svg = opening(await toSvg(distributions(series, 'x')))
      return Number(svg.match(/viewBox="0 0 ([\d.]+)/)![1])
    }
    const names = ['a', 'b', 'c', 'd']
    const long = await widthOf(names.map((name) => `${name}: a run with a name as long as this`))
    expect(long).toBeLessThan(1.1 * (await widthOf(names)))
  })
})
