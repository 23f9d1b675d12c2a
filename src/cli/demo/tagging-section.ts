import { distributions, rocCurve } from '../../report/charts.js'
import { histogram, linearEdges } from '../../report/histogram.js'
import { htmlTable, type Section } from '../../report/page.js'
import { areaUnderCurve, workingPoints } from '../../report/roc.js'
import { toSvg } from '../../report/svg.js'
import { readScores } from './scores.js'

const [QCD, W, Z] = [0, 1, 2]
const EFFICIENCIES = Array.from({ length: 97 }, (_, i) => 0.02 + 0.01 * i)

/** What the jet tagger found, by the true origin of the jets. */
export async function taggingSection(folder: string): Promise<Section> {
  const columns = readScores(folder, ['label', 'jet.sd_mass', 'tag.p_w', 'tag.p_z'])
  const label = columns.get('label')!
  const of = (path: string, origin: number): Float64Array => {
    const score = columns.get(path)!
    // A jet that was not scored (below the mass cut) counts as not tagged.
    return score.map((value) => (Number.isNaN(value) ? 0 : value)).filter((_value, i) => label[i] === origin)
  }
  const edges = linearEdges(0, 1, 40)
  const scores = [
    { name: 'QCD', origin: QCD },
    { name: 'W', origin: W },
    { name: 'Z', origin: Z },
  ].map(({ name, origin }) => {
    const values = of('tag.p_w', origin)
    return { name, histogram: histogram(values, new Float64Array(values.length).fill(1), edges) }
  })
  const pairs = [
    { name: 'W against QCD', path: 'tag.p_w', signal: W, background: QCD },
    { name: 'Z against QCD', path: 'tag.p_z', signal: Z, background: QCD },
  ]
  const curves = pairs.map(({ name, path, signal, background }) => ({
    name,
    points: workingPoints(of(path, signal), of(path, background), EFFICIENCIES),
  }))
  const table = pairs.map(({ name, path, signal, background }) => {
    const [at30, at50] = workingPoints(of(path, signal), of(path, background), [0.3, 0.5])
    const say = ({ rejection, rejectionError }: typeof at30): string =>
      `${rejection.toFixed(1)} ± ${rejectionError.toFixed(1)}`
    return [name, say(at30), say(at50), areaUnderCurve(of(path, signal), of(path, background)).toFixed(4)]
  })
  return {
    title: 'Large-radius jets: W, Z or QCD?',
    lead: 'A Transformer over the constituents of a jet tells where it comes from. Jets below 20 GeV of mass are not scored at all.',
    figures: [
      {
        title: 'Score p_W by true origin',
        content: await toSvg(distributions(scores, 'p_W', true)),
        caption: 'Normalised, logarithmic. Other origins in the sample (H, top) are not shown.',
      },
      {
        title: 'Background rejection against signal efficiency',
        content: await toSvg(rocCurve(curves, 'signal efficiency')),
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
        content: htmlTable(['', 'rejection at 30 %', 'at 50 %', 'AUC'], table),
        caption: 'Errors are binomial.',
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
