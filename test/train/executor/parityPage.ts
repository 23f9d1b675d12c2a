/** What must hold, and what docs/parity.md says of it. */
export const limits = { forward: 1e-5, training: 1e-4 }

/** The largest relative differences of one model. */
export interface ParityRow {
  readonly model: string
  readonly forward: number
  readonly losses: number
  readonly weights: number
  readonly output: number
  /** Tensors that are not compared after training. */
  readonly nullGradient: readonly string[]
}

const power = (value: number): string => value.toExponential(0)
const figure = (value: number): string => value.toExponential(1)

/** docs/parity.md of these figures. */
export function parityPage(rows: readonly ParityRow[]): string {
  const lines = rows.map(({ model, forward, losses, weights, output, nullGradient }) => {
    const names = nullGradient.map((name) => `\`${name}\``).join(', ')
    return `| ${[model, ...[forward, losses, weights, output].map(figure), names].join(' | ')} |`
  })
  return `# Parity of trained and exported models

The trainer runs TensorFlow.js functions as ONNX graphs. Here the same small model is run by both: the graphs by ONNX
Runtime on the CPU, the functions by TensorFlow.js's own CPU backend.

- **forward**: the exported model, one file at batches of 1, 3, 32 and 100 with 1, 7, 4 and 2 tokens; the largest
  difference of an output relative to the larger of 1 and the largest output. At most ${power(limits.forward)}.
- **20 steps**: forward, gradients and Adam as one graph, against TensorFlow.js, from the same weights on the
  same batches, whose sizes change from step to step: the largest relative difference of a loss, of a
  weight tensor (‖a − b‖ / ‖b‖), and of the outputs on a batch that was not trained on. At most ${power(limits.training)}.
- **zero gradient**: tensors that the loss does not depend on, such as what a softmax adds to all of a row. Adam divides
  the rounding that is left of their gradient by its own size, so they drift in every backend, without any effect on
  outputs; they are not compared.

| model | forward | losses | weights | outputs | zero gradient |
| --- | --- | --- | --- | --- | --- |
${lines.join('\n')}

Figures change in the last digits with the processor. \`test/train/executor/parity.test.ts\` measures them, holds them to
the limits, and checks this page; \`SPILLWAY_WRITE_PARITY=1 npx vitest run test/train/executor/parity.test.ts\` writes it.
`
}

/** The rows of the page. */
export function parseParityPage(text: string): ParityRow[] {
  const table = text.split('\n').filter((line) => line.startsWith('| '))
  return table.slice(2).map((line) => {
    const [model, forward, losses, weights, output, names] = line
      .slice(2, -1)
      .split('|')
      .map((cell) => cell.trim())
    const nullGradient = names === '' ? [] : names.split(', ').map((name) => name.slice(1, -1))
    const [a, b, c, d] = [forward, losses, weights, output].map(Number)
    return { model, forward: a, losses: b, weights: c, output: d, nullGradient }
  })
}
