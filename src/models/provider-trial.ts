import { encodeColumns } from '../ingest/arrow/index.js'
import type { Column } from '../ingest/columns.js'
import { type Bundle, Manifest, sha256 } from './manifest.js'
import type { Provider } from './provider.js'
import { type TrialReport, tryModel } from './trial.js'

/** ONNX opset 13, one node: y [n, 1] = x + x. */
const TINY = 'CAgSADo/Cg4KAXgKAXgSAXkiA0FkZBIBZ1oUCgF4Eg8KDQgBEgkKAxIBbgoCCAFiFAoBeRIPCg0IARIJCgMSAW4KAggBQgQKABAN'

export const providers: readonly Provider[] = ['cpu', 'cuda', 'tensorrt', 'webgpu']

/**
 * Whether a provider really computes on this machine: loads a tiny model on it in a process of its own and compares
 * its answers. That a library is installed does not say that it loads.
 * @throws SpillwayError PROVIDER_UNAVAILABLE with its remedy; PROBE_FAILED, MODEL_CRASHES
 */
export function tryProvider(provider: Provider): Promise<TrialReport> {
  const session = { provider, threads: 1, reproducible: false }
  const batch = { rows: 8, tokens: 8, reproducible: false }
  return tryModel({ bundle: tinyBundle(provider), session, batch, probe: true }, 60_000)
}

function tinyBundle(provider: Provider): Bundle {
  const model = Uint8Array.from(Buffer.from(TINY, 'base64'))
  const column = (values: readonly number[]): Column => ({
    axis: '',
    type: 'float32',
    values: Float32Array.from(values),
    valid: null,
  })
  const columns = new Map([
    ['x', column([1, 2, -3])],
    ['answer.y', column([2, 4, -6])],
  ])
  const probe = encodeColumns(3, columns, new Map(), new Map())
  const manifest = Manifest.parse({
    format: 1,
    name: 'tiny',
    version: 1,
    model: { file: 'model.onnx', sha256: sha256(model) },
    features: { builder: 'columns', version: 1, options: { tensors: [{ name: 'x', columns: ['x'] }] } },
    inputs: { x: 'x' },
    outputs: [{ name: 'y', columns: ['y'] }],
    tolerance: { absolute: 1e-6, relative: 1e-6 },
    probe: { file: 'probe.arrow', sha256: sha256(probe) },
  })
  return { manifest, model, probe, origin: `provider ${provider}` }
}
