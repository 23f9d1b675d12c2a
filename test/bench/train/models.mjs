import { lundNetwork, NetworkOptions } from '#spillway/models/jets/lundnet/network.js'
import {
  attentionBias,
  binaryCrossEntropy,
  deepSets,
  dense,
  joined,
  layerNorm,
  mlp,
  pooled,
  trainedSpecs,
  transformerBlock,
  weightedMean,
} from '#spillway/train/layers/index.js'
import { uniformRandom } from '#spillway/train/layers/initial.js'
import { adamW } from '#spillway/train/trace/index.js'

const TOKENS = 40
const HEADS = 8
/** ln kT, ln Δ, z, ψ, ln m of a splitting. */
const LUND_FEATURES = 5
const NEIGHBOURS = 3

/** Features of one item or token, and what the first layer of each model makes of them. */
const tokens = (features) => ({
  x: { shape: ['batch', 'tokens', features] },
  mask: { shape: ['batch', 'tokens'] },
})

function mlpModel() {
  const net = mlp('net', { sizes: [20, 256, 256, 256, 1] })
  const inputs = { x: { shape: ['batch', 20] } }
  return { inputs, parameters: net.parameters, forward: (w, { x }) => net.apply(w, x) }
}

function transformerModel(layers, size) {
  const embed = dense('embed', { inputs: 8, outputs: size })
  const blocks = Array.from({ length: layers }, (_, i) =>
    transformerBlock(`block${i}`, { size, heads: HEADS }),
  )
  const norm = layerNorm('norm', size)
  const head = dense('head', { inputs: size, outputs: 1 })
  return {
    inputs: tokens(8),
    parameters: joined(embed, ...blocks, norm, head),
    forward: (w, { x, mask }) => {
      const bias = attentionBias(mask)
      const deep = blocks.reduce((h, block) => block.apply(w, h, bias), embed.apply(w, x))
      return head.apply(w, pooled('mean', norm.apply(w, deep), mask))
    },
  }
}

function deepSetsModel() {
  const net = deepSets('sets', {
    features: 8,
    token: [128, 128, 128],
    set: [128, 128, 1],
    poolings: ['mean'],
  })
  return { inputs: tokens(8), parameters: net.parameters, forward: (w, { x, mask }) => net.apply(w, x, mask) }
}

/** The network of the system `lundnet` at its default widths, as peer.py has it: neither normalised nor with dropout. */
function lundModel() {
  const nodes = { mean: new Array(LUND_FEATURES).fill(0), deviation: new Array(LUND_FEATURES).fill(1) }
  const options = { normalisation: 'none', fusion: 256, pooling: ['mean', 'max'], dropout: 0 }
  const network = lundNetwork(NetworkOptions.parse(options), { tensors: { nodes } }, 0)
  return {
    inputs: {
      nodes: { shape: ['batch', 'tokens', LUND_FEATURES] },
      neighbours: { shape: ['batch', 'tokens', NEIGHBOURS] },
      mask: { shape: ['batch', 'tokens'] },
    },
    parameters: network.parameters,
    loss: (w, { target, ...inputs }) =>
      network.loss(w, { ...inputs, 'target.signal': target, weight: undefined }).terms.classes.value,
  }
}

const binary = (forward) => (w, inputs) => weightedMean(binaryCrossEntropy(forward(w, inputs), inputs.target))

/** What is trained: title, batch, and how to build it. The PyTorch twins are in peer.py under the same ids. */
export const catalogue = {
  mlp: { title: 'MLP 20-256-256-256-1', batch: 1024, build: mlpModel },
  transformer3: { title: 'Transformer 3×128', batch: 128, build: () => transformerModel(3, 128) },
  transformer6: { title: 'Transformer 6×192', batch: 128, build: () => transformerModel(6, 192) },
  lundnet: { title: 'LundNet', batch: 128, build: lundModel },
  'deep-sets': { title: 'Deep Sets 128³ + 128²', batch: 128, build: deepSetsModel },
}

/** The program of a model, the shapes of its parameters, and one batch to train on. */
export function modelOf(id) {
  const { batch, build } = catalogue[id]
  const { inputs, parameters, forward, loss = binary(forward) } = build()
  const carried = Object.fromEntries(Object.entries(parameters).filter(([, spec]) => spec.trained === false))
  const program = {
    inputs: { ...inputs, target: { shape: ['batch', 1] } },
    parameters: trainedSpecs(parameters),
    state: carried,
    optimizer: adamW(),
    loss: (w, batch) => ({ loss: loss(w, batch) }),
    evaluate: (w, batch) => ({ loss: loss(w, batch) }),
  }
  return { program, parameters, batch: makeBatch(program.inputs, batch) }
}

/** Normal features, zero where padded; prefix masks of 1 to 40; random binary trees; targets 0 or 1. */
function makeBatch(inputs, batch) {
  const random = uniformRandom(batch)
  const lengths = Array.from({ length: batch }, () => 1 + Math.floor(random() * TOKENS))
  const fill = {
    mask: (row, token) => (token < lengths[row] ? 1 : 0),
    neighbours: trees(lengths, random),
    target: () => (random() < 0.5 ? 0 : 1),
  }
  const features = (row, token) =>
    inputs.mask === undefined || token < lengths[row]
      ? Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
      : 0
  const entries = Object.entries(inputs).map(([name, spec]) => {
    const shape = spec.shape.map((dim) => (dim === 'batch' ? batch : dim === 'tokens' ? TOKENS : dim))
    const value = fill[name] ?? features
    const [, second = 1, third = 1] = shape
    const width = second * third
    const data = new Float32Array(batch * width)
    for (let i = 0; i < data.length; i++) {
      const rest = i % width
      data[i] = value(Math.floor(i / width), Math.floor(rest / third), rest % third)
    }
    return [name, { data, shape }]
  })
  return Object.fromEntries(entries)
}

/** Positions of the parent and up to two children of each node of random binary trees, −1 for none. */
function trees(lengths, random) {
  const all = lengths.map((length) => {
    const rows = Array.from({ length }, () => [-1, -1, -1])
    for (let node = 1; node < length; node++) {
      const free = rows.slice(0, node).flatMap((row, i) => (row[2] < 0 ? [i] : []))
      const parent = free[Math.floor(random() * free.length)]
      rows[node][0] = parent
      rows[parent][rows[parent][1] < 0 ? 1 : 2] = node
    }
    return rows
  })
  return (row, token, k) => all[row][token]?.[k] ?? -1
}
