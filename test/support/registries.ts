import { type BundleFiles, type ManifestDraft, makeBundle, withVersion } from '#spillway/models/bundle.js'
import { floats, tinyEvents } from './bundle.js'
import { linear } from './onnx.js'

/** A bundle of y = factor · x with a probe of its own. */
export function scaled(
  version: number,
  factor = version,
  draft: Partial<ManifestDraft> = {},
  model: Uint8Array = linear([factor]),
): BundleFiles {
  const probe = tinyEvents([1, 2], [['answer.y', floats([factor, 2 * factor])]])
  const whole: ManifestDraft = {
    name: 'tiny',
    version,
    features: { builder: 'columns', version: 1, options: { tensors: [{ name: 'x', columns: ['x'] }] } },
    inputs: { x: 'x' },
    outputs: [{ name: 'y', columns: ['y'] }],
    tolerance: { absolute: 1e-5, relative: 1e-5 },
    ...draft,
  }
  return makeBundle(whole, model, probe)
}

/** The same bundle with one file changed, digests as they were. */
export const damaged = (files: BundleFiles, name: string, bytes: Uint8Array): BundleFiles =>
  new Map([...files, [name, bytes]])

export { withVersion }
