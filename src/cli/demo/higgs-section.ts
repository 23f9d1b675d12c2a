import { distributions } from '../../report/charts.js'
import { histogram, linearEdges } from '../../report/histogram.js'
import { htmlTable, type Section } from '../../report/page.js'
import { toSvg } from '../../report/svg.js'
import { significanceAt } from '../../report/weighted-roc.js'
import { readScores } from './scores.js'

const PROCESSES = ['ggF', 'VBF', 'VH', 'ttH', 'ZZ']
const [GGF, ZZ] = [0, 4]

/** What the H → 4ℓ pipeline found, by the true process. */
export async function higgsSection(folder: string): Promise<Section> {
  const names = ['truth.label', 'weight', 'higgs.p_ggf', 'h4l.m4l']
  const columns = readScores(folder, names)
  const [label, weight, score, mass] = names.map((name) => columns.get(name)!)
  const only = (keep: (row: number) => boolean): Float64Array => weight.map((w, row) => (keep(row) ? w : 0))
  const scored = (row: number): boolean => !Number.isNaN(score[row])
  const series = [GGF, ZZ].map((process) => ({
    name: PROCESSES[process],
    histogram: histogram(
      score,
      only((row) => label[row] === process && scored(row)),
      linearEdges(0, 1, 30),
    ),
  }))
  const candidates = Array.from(score.keys()).filter(
    (row) => scored(row) && (label[row] === GGF || label[row] === ZZ),
  )
  const { value, error, cut } = significanceAt(
    {
      score: candidates.map((row) => score[row]),
      signal: candidates.map((row) => (label[row] === GGF ? 1 : 0)),
      weight: candidates.map((row) => weight[row]),
    },
    0.6,
  )
  const edges = linearEdges(115, 130, 30)
  const rows = PROCESSES.map((name, process) => {
    const sum = (keep: (row: number) => boolean): string =>
      only((row) => label[row] === process && keep(row))
        .reduce((a, b) => a + b, 0)
        .toFixed(2)
    return [name, sum(() => true), sum(scored), sum((row) => score[row] >= cut)]
  })
  return {
    title: 'H → ZZ* → 4ℓ: a Higgs boson, or two Z bosons?',
    lead: 'Leptons are paired and events sorted into categories in the stream; a Deep Set over leptons and decay angles scores those of two electrons, two muons and no jet. It does not see the mass of the four leptons.',
    figures: [
      {
        title: 'Score p_ggF by true process',
        content: await toSvg(distributions(series, 'p_ggF')),
        caption: 'Normalised, weighted; events of the category 0j-2e2µ.',
      },
      {
        title: 'Mass of the four leptons',
        content: await toSvg(
          distributions(
            [
              { name: 'all of the category', histogram: histogram(mass, only(scored), edges) },
              {
                name: 'kept at 60 % ggF efficiency',
                histogram: histogram(
                  mass,
                  only((row) => score[row] >= cut),
                  edges,
                ),
              },
            ],
            'm4l [GeV]',
          ),
        ),
        caption:
          'Normalised, weighted: the Higgs boson at 125 GeV on the flat continuum, before and after a cut on the score.',
      },
      {
        title: 'Weighted events',
        content: htmlTable(
          ['process', 'in the sample', 'in the category', `p_ggF > ${cut.toFixed(2)}`],
          rows,
        ),
        caption: `At 60 % ggF efficiency N_s / √N_b is ${value.toFixed(2)} ± ${error.toFixed(2)} for this sample, a part of 139/fb.`,
      },
    ],
  }
}
