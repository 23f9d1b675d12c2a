import { graphOf, type ScanBody } from './body.js'
import { recordOperator } from './operator.js'
import type { Attribute } from './proto/model.js'
import type { Tensor } from './tf.js'

export interface ScanInputs {
  /** [batch, …] each. */
  readonly states: readonly Tensor[]
  /** [batch, length, …] each. */
  readonly slices: readonly Tensor[]
  readonly constants?: readonly Tensor[]
  /** The last axis of each result. */
  readonly widths: readonly number[]
  /** Whether the loop runs from the end to the start. */
  readonly backwards?: boolean
}

/**
 * Records ONNX's Scan, a loop whose length is a dynamic axis, and gives its results, [batch, length, width] each.
 * Without a gradient of its own, as `recordOperator`.
 */
export function recordScan(body: ScanBody, inputs: ScanInputs): Tensor[] {
  const { states, slices, constants = [], widths, backwards = false } = inputs
  const [batch, length] = slices[0].shape as number[]
  const outputs = [
    ...states.map(({ shape, dtype }) => ({ shape, dtype })),
    ...widths.map((width) => ({ shape: [batch, length, width], dtype: 'float32' as const })),
  ]
  const each = (count: number, value: number): number[] => new Array<number>(count).fill(value)
  const direction = backwards ? 1 : 0
  const attributes: Record<string, Attribute> = {
    body: { graph: graphOf(body) },
    num_scan_inputs: slices.length,
    scan_input_axes: each(slices.length, 1),
    scan_output_axes: each(widths.length, 1),
    scan_input_directions: each(slices.length, direction),
    scan_output_directions: each(widths.length, direction),
  }
  const all = recordOperator({
    op: 'Scan',
    inputs: [...states, ...slices, ...constants],
    outputs,
    attributes,
  })
  return all.slice(states.length)
}
