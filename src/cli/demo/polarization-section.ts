import { distributions, profiles, withRatio } from '../../report/charts.js'
import { histogram, linearEdges, profile } from '../../report/histogram.js'
import type { Figure, Section } from '../../report/page.js'
import { toSvg } from '../../report/svg.js'
import { readScores } from './scores.js'

const PT_EDGES = [10, 15, 20, 30, 40, 60, 80, 120, 200]

/** What the polarisation pipeline found, beside the generator's truth. */
export async function polarizationSection(folder: string): Promise<Section> {
  const names = ['pol.r_l', 'pol.r_t', 'truth.r_l', 'truth.r_t', 'truth.z_pt', 'weight']
  const columns = readScores(folder, names)
  const [r_l, r_t, true_l, true_t, pt, weight] = names.map((name) => columns.get(name)!)
  const ratio = async (
    title: string,
    truth: Float64Array,
    predicted: Float64Array,
    x: string,
    high: number,
  ): Promise<Figure> => {
    const edges = linearEdges(-0.1, high, 26)
    const series = (name: string, values: Float64Array) => ({
      name,
      histogram: histogram(values, weight, edges),
    })
    return {
      title,
      content: await toSvg(withRatio(series('truth', truth), series('predicted', predicted), x)),
      caption:
        'Normalised, weighted. A regression predicts the mean of what the inputs leave open, so its distribution is narrower.',
    }
  }
  const means = [
    { name: 'truth', means: profile(true_l, pt, weight, PT_EDGES) },
    { name: 'predicted', means: profile(r_l, pt, weight, PT_EDGES) },
  ]
  const extreme = Float64Array.from(weight, (w, i) => (r_l[i] > 0.5 ? w : 0))
  const ptEdges = linearEdges(10, 160, 30)
  return {
    title: 'Z + jet: polarisation of the Z boson',
    lead: 'A network reads decay angles and other quantities derived from the momenta of two leptons and a jet and regresses the fractions of longitudinal (r_L) and transverse (r_T) polarisation of each event, in the laboratory frame.',
    figures: [
      await ratio('Longitudinal fraction', true_l, r_l, 'r_L', 1),
      await ratio('Transverse fraction', true_t, r_t, 'r_T', 1.4),
      {
        title: 'Mean longitudinal fraction against pT(Z)',
        content: await toSvg(profiles(means, PT_EDGES, 'pT(Z) [GeV]', 'mean r_L')),
        caption: 'Weighted means with statistical errors.',
      },
      {
        title: 'Which events does r_L > 0.5 choose?',
        content: await toSvg(
          distributions(
            [
              { name: 'all events', histogram: histogram(pt, weight, ptEdges) },
              { name: 'predicted r_L > 0.5', histogram: histogram(pt, extreme, ptEdges) },
            ],
            'pT(Z) [GeV]',
          ),
        ),
        caption: 'Normalised, weighted: the events of the chain "longitudinal" against all.',
      },
    ],
  }
}
