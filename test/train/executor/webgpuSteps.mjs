// Run by webgpu.test.ts in a process of its own, because the Vulkan loader reads its environment at the start.
// Prints the losses of a few steps on the cpu and on the webgpu provider.
import { createExecutor } from '#spillway/train/executor/index.js'
import {
  binaryCrossEntropy,
  dense,
  gelu,
  initialise,
  joined,
  layerNorm,
  trainedSpecs,
  weightedMean,
} from '#spillway/train/layers/index.js'
import { adamW } from '#spillway/train/trace/index.js'

const first = dense('first', { inputs: 4, outputs: 8 })
const norm = layerNorm('norm', 8)
const last = dense('last', { inputs: 8, outputs: 1 })
const parameters = joined(first, norm, last)
const forward = (w, { x }) => last.apply(w, gelu(norm.apply(w, first.apply(w, x))))

const program = {
  inputs: { x: { shape: ['B', 4] }, t: { shape: ['B', 1] } },
  parameters: trainedSpecs(parameters),
  optimizer: adamW(),
  loss: (w, i) => ({ loss: weightedMean(binaryCrossEntropy(forward(w, i), i.t)) }),
  evaluate: (w, i) => ({ output: forward(w, i) }),
}
const batch = {
  x: { data: Float32Array.from({ length: 16 }, (_, i) => Math.sin(i)), shape: [4, 4] },
  t: { data: Float32Array.of(0, 1, 0, 1), shape: [4, 1] },
}

const losses = {}
for (const provider of ['cpu', 'webgpu']) {
  const executor = await createExecutor({ executor: 'onnx', provider }, program, initialise(parameters, 1))
  losses[provider] = []
  for (let step = 0; step < 5; step++) losses[provider].push((await executor.step(batch, 0.01)).loss[0])
  await executor.close()
}
process.stdout.write(`${JSON.stringify(losses)}\n`, () => process.exit(0))
