import { distributions, rocCurve } from '../../report/charts.js'
import { histogram, linearEdges } from '../../report/histogram.js'
import { htmlTable, type Section } from '../../report/page.js'
import { areaUnderCurve, sayRejection, workingPoints } from '../../report/roc.js'
import { toSvg } from '../../report/svg.js'
import { readScores } from './scores.js'

const [QCD, W, Z] = [0, 1, 2]
const EFFICIENCIES = Array.from({ length: 97 }, (_, i) => 0.02 + 0.01 * i)

/** What the jet tagger found, by the true origin of the jets. */
export async function taggingSection(folder: string): Promise<Section> {
  const columns = readScores(folder, ['label', 'jet.sd_mass', 'tag.p_w'])
  const label = columns.get('label')!
  const score = columns.get('tag.p_w')!
  // A jet that was not scored (below the mass cut) counts as not tagged.
  const of = (origin: number): Float64Array =>
    score.map((value) => (Number.isNaN(value) ? 0 : value)).filter((_value, i) => label[i] === origin)
  const edges = linearEdges(0, 1, 40)
  const scores = [
    { name: 'QCD', origin: QCD },
    { name: 'W', origin: W },
    { name: 'Z', origin: Z },
  ].map(({ name, origin }) => {
    const values = of(origin)
    return { name, histogram: histogram(values, new Float64Array(values.length).fill(1), edges) }
  })
  const points = workingPoints(of(W), of(QCD), EFFICIENCIES)
  const table = workingPoints(of(W), of(QCD), [0.3, 0.5, 0.7]).map(
    ({ cut, efficiency, rejection, rejectionError }) => [
      `${(100 * efficiency).toFixed(0)} %`,
      cut.toFixed(3),
      sayRejection(rejection, rejectionError),
    ],
  )
  return {
    title: 'Large-radius jets: W or QCD?',
    lead: 'LundNet reads the graph of splittings of a jet and tells whether a W boson made it. Jets below 20 GeV of mass are not scored at all.',
    figures: [
      {
        title: 'Score p_W by true origin',
        content: await toSvg(distributions(scores, 'p_W', true)),
        caption:
          'Normalised, logarithmic. The network has never been told of Z jets: they look like W jets to it.',
      },
      {
        title: 'Background rejection against signal efficiency',
        content: await toSvg(rocCurve([{ name: 'W against QCD', points }], 'signal efficiency')),
        caption: 'Rejection is 1 / efficiency for QCD jets; the band is its binomial error.',
      },
      {
        title: 'Soft-drop mass of QCD jets, before and after the W tag',
        content: await toSvg(massSculpting(columns, label)),
        caption:
          'A tagger that knows the mass sculpts a peak into the background: compare before you fit a mass.',
      },
      {
        title: 'Working points',
        content: htmlTable(['W efficiency', 'cut on p_W', 'QCD rejection'], table),
        caption: `Errors are binomial; a dash where no QCD jet is left. The area under the ROC curve is ${areaUnderCurve(of(W), of(QCD)).toFixed(4)}.`,
      },
    ],
  }
}

function massSculpting(columns: ReadonlyMap<string, Float64Array>, label: Float64Array) {
  const mass = columns.get('jet.sd_mass')!
  const score = columns.get('tag.p_w')!
  const signal = score.filter((value, i) => label[i] === W && !Number.isNaN(value))
  const background = score.filter((value, i) => label[i] === QCD && !Number.isNaN(value))
  const [{ cut }] = workingPoints(signal, background, [0.8])
  const edges = linearEdges(0, 200, 40)
  const all = Float64Array.from(label, (origin) => (origin === QCD ? 1 : 0))
  const tagged = all.map((weight, i) => (score[i] >= cut ? weight : 0))
  return distributions(
    [
      { name: 'all QCD jets', histogram: histogram(mass, all, edges) },
      { name: 'tagged at 80 % W efficiency', histogram: histogram(mass, tagged, edges) },
    ],
    'soft-drop mass [GeV]',
  )
}
