import { fileURLToPath } from 'node:url'
import { featureBuilders } from '#spillway/models/features/index.js'
import { itemsIn } from '#spillway/train/data/blocks.js'
import { gather } from '#spillway/train/data/mini-batches.js'
import { SPLITS } from '#spillway/train/score-table.js'
import { startPeer, threadsOf } from './process.mjs'
import { withScores } from './run.mjs'
import { jetQuantities } from './slices.mjs'

const script = fileURLToPath(new URL('./trees.py', import.meta.url))

const component = ({ data, shape: [rows, width] }, c) =>
  Float32Array.from({ length: rows }, (_, row) => data[row * width + c])
const product = (...factors) =>
  factors[0].map((_, row) => factors.reduce((value, factor) => value * factor[row], 1))
const squared = (weight, truth) => ({ kind: 'squared', columns: [weight, truth] })
const binary = (signal, rest) => ({ kind: 'binary', columns: [signal, rest] })

/** Derived quantities and momenta, in which mirror images are one. */
function fractionInputs({ boson, neutrino }) {
  const common = { layout: 'flat', derived: true, oriented: true }
  if (boson === 'z') return [['zj-particles', { ...common, max_jets: 1 }]]
  return [['w-particles', { ...common, neutrino, final: boson === 'w' ? 'lnu' : 'lnull' }]]
}

/**
 * What the trees of each system see, tensors of feature builders side by side, and what each model of them is fitted to: the
 * loss of the network. `columns` makes the columns of our output from what the models answer.
 */
const systems = {
  'polarization-regression': {
    inputs: fractionInputs,
    goals: ({ 'target.fractions': fractions, weight }) =>
      [0, 1].map((c) => squared(weight.data, component(fractions, c))),
    columns: (answers) => answers,
  },
  'ssww-polarization': {
    inputs: () => [['ssww-kinematics', {}]],
    goals: ({ weight, ...batch }, { classifiers, priors }) =>
      classifiers.map((name) => {
        const prior = name === 'signal' ? 0.5 : priors[name]
        const [signal, rest] = [0, 1].map((c) => product(weight.data, component(batch[`target.${name}`], c)))
        return binary(
          signal.map((w) => (w * 0.5) / prior),
          rest.map((w) => (w * 0.5) / (1 - prior)),
        )
      }),
    columns: (answers) => answers,
  },
  'h4l-classifier': {
    inputs: () => [['h4l-objects', {}]],
    goals: ({ 'target.class': classes, weight }) => [
      binary(...[0, 1].map((c) => product(weight.data, component(classes, c)))),
    ],
    columns: ([first]) => [first, first.map((p) => 1 - p)],
  },
  lundnet: {
    inputs: () => [
      ['columns', { tensors: [{ name: 'jet', columns: jetQuantities.map((name) => `jet.${name}`) }] }],
    ],
    goals: ({ 'target.signal': signal, weight }) => {
      const truth = component(signal, 0)
      return [
        binary(
          product(weight.data, truth),
          product(
            weight.data,
            truth.map((t) => 1 - t),
          ),
        ),
      ]
    },
    columns: (answers) => answers,
  },
}

/** Splittings of a jet that trees see, of the largest kT first. */
const LEADING = 6

/** Of each jet how many splittings it has, and the features of the leading ones; NaN, which trees take as missing, for none. */
function leadingSplittings({ nodes, mask }) {
  const [jets, length, features] = nodes.shape
  const width = 1 + LEADING * features
  const data = new Float32Array(jets * width).fill(Number.NaN)
  for (let jet = 0; jet < jets; jet++) {
    const first = jet * length
    const there = Array.from({ length }, (_, k) => first + k).filter((k) => mask.data[k] === 1)
    const hardest = there.sort((a, b) => nodes.data[b * features] - nodes.data[a * features])
    data[jet * width] = hardest.length
    for (const [place, k] of hardest.slice(0, LEADING).entries()) {
      const values = nodes.data.subarray(k * features, (k + 1) * features)
      data.set(values, jet * width + 1 + place * features)
    }
  }
  return { data, shape: [jets, width] }
}

/** What trees may see: the high-level inputs of the system, the splittings that the network sees, or both. */
const sights = {
  inputs: { quantities: true, splittings: false },
  graph: { quantities: false, splittings: true },
  all: { quantities: true, splittings: true },
}

/**
 * Fits boosted trees (XGBoost) on the same items in the same parts, and gives the table of the test part with their scores.
 * @param sight a name of `sights`
 */
export async function scoreTrees({ config, task, sample }, interpreter, scored, sight = 'inputs') {
  const began = performance.now()
  const { inputs, goals, columns } = systems[config.system]
  const { quantities, splittings } = sights[sight]
  const builders = [
    ...(quantities ? inputs(config.recipe).map(([id, options]) => featureBuilders[id](options)) : []),
    ...(splittings ? [task.builder] : []),
  ]
  const parts = {}
  for (const part of SPLITS) parts[part] = await matrixOf(task, sample, builders, part)
  const goalsOf = (part) => goals(parts[part].labels, config.recipe)
  const tensors = [
    ...SPLITS.map((part) => [`${part}.inputs`, parts[part].inputs]),
    ...['train', 'validation'].flatMap((part) =>
      goalsOf(part).map((goal, k) => [`${part}.goal${k}`, interleaved(goal.columns)]),
    ),
  ]
  const peer = startPeer('the XGBoost twin', interpreter, [script], threadsOf(1))
  try {
    const message = { seed: config.seed, kinds: goalsOf('train').map(({ kind }) => kind) }
    const answer = await peer.ask(message, Object.fromEntries(tensors))
    const seconds = (performance.now() - began) / 1e3
    const [[target]] = Object.entries(task.targets)
    const truth = component(parts.test.labels[`target.${target}`], 0)
    const table = withScores(task, scored, columns(answer.columns), truth)
    return { table, rounds: answer.rounds, seconds }
  } finally {
    peer.stop()
  }
}

/** The items of a part in the order of the files: all inputs side by side, targets and training weights. */
async function matrixOf(task, sample, builders, part) {
  const { blocks, weighting } = sample
  const { targets } = task
  const views = builders.map(() => [])
  for (let index = 0; index < blocks.count; index++) {
    const block = await blocks.read(index)
    const items = itemsIn(block, SPLITS.indexOf(part))
    builders.forEach((builder, b) => {
      const seen = { ...block, features: builder.bind(block.events) }
      for (const item of items) views[b].push({ block: seen, item })
    })
  }
  const gathered = builders.map((builder, b) => gather({ builder, targets, weighting }, views[b]))
  const tensors = builders.flatMap((builder, b) =>
    builder === task.builder
      ? [leadingSplittings(gathered[b])]
      : builder.tensors.map(({ name }) => gathered[b][name]),
  )
  return { inputs: sideBySide(tensors), labels: gathered[0] }
}

/** Tensors [n, …] as one matrix. */
function sideBySide(tensors) {
  const [rows] = tensors[0].shape
  const widths = tensors.map(({ data }) => (rows === 0 ? 0 : data.length / rows))
  const width = widths.reduce((a, b) => a + b, 0)
  const data = new Float32Array(rows * width)
  let at = 0
  tensors.forEach((tensor, k) => {
    for (let row = 0; row < rows; row++) {
      data.set(tensor.data.subarray(row * widths[k], (row + 1) * widths[k]), row * width + at)
    }
    at += widths[k]
  })
  return { data, shape: [rows, width] }
}

const interleaved = (columns) => sideBySide(columns.map((data) => ({ data, shape: [data.length, 1] })))
