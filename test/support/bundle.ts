import { encodeColumns } from '#spillway/ingest/arrow/index.js'
import type { Column } from '#spillway/ingest/columns.js'
import { sha256 } from '#spillway/models/manifest.js'
import { tinyModel } from './tiny-model.js'

type Write = (name: string, content: string | Uint8Array) => string

export const floats = (values: readonly number[]): Column => ({
  axis: '',
  type: 'float32',
  values: Float32Array.from(values),
  valid: null,
})

/** Events of the tiny model: `event` and `x`. */
export const tinyEvents = (
  x: readonly number[],
  more: readonly (readonly [string, Column])[] = [],
): Uint8Array => {
  const event: Column = {
    axis: '',
    type: 'uint64',
    values: BigUint64Array.from(x, (_, i) => BigInt(i)),
    valid: null,
  }
  return encodeColumns(x.length, new Map([['event', event], ['x', floats(x)], ...more]), new Map(), new Map())
}

/** Writes a bundle whose model doubles column x; `manifest` overrides its keys. Gives the folder's name. */
export function writeBundle(
  write: Write,
  name: string,
  model: Uint8Array = tinyModel(),
  manifest: Readonly<Record<string, unknown>> = {},
  answers: readonly number[] = [2, 4],
): string {
  const probe = tinyEvents([1, 2], [['answer.y', floats(answers)]])
  write(`${name}/model.onnx`, model)
  write(`${name}/probe.arrow`, probe)
  const whole = {
    format: 1,
    name: 'tiny',
    version: 1,
    features: { builder: 'columns', version: 1, options: { tensors: [{ name: 'x', columns: ['x'] }] } },
    inputs: { x: 'x' },
    outputs: [{ name: 'y', columns: ['y'] }],
    tolerance: { absolute: 1e-5, relative: 1e-5 },
    model: { file: 'model.onnx', sha256: sha256(model) },
    probe: { file: 'probe.arrow', sha256: sha256(probe) },
    ...manifest,
  }
  write(`${name}/manifest.json`, JSON.stringify(whole))
  return name
}
