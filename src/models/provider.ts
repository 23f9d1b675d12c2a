import * as ort from 'onnxruntime-node'
import { SpillwayError } from '../errors.js'

/** Where a model runs. `auto` takes CUDA where it loads and falls back to the CPU, saying so. */
export type ProviderChoice = 'auto' | Provider
export type Provider = 'cpu' | 'cuda' | 'tensorrt' | 'webgpu'

export interface SessionSettings {
  readonly provider: ProviderChoice
  /** Threads inside one operator; 1 is best with a session per worker. */
  readonly threads: number
  /** Fixed optimisation and no reordering that depends on the machine's load: for bit-equal replays. */
  readonly reproducible: boolean
}

/** A loaded session and how it came about. */
export interface LoadedSession {
  readonly session: ort.InferenceSession
  readonly provider: Provider
  /** Why `auto` did not take an earlier candidate; empty when nothing was passed over. */
  readonly fallbacks: readonly string[]
}

const CANDIDATES: Readonly<Record<ProviderChoice, readonly Provider[]>> = {
  auto: ['cuda', 'cpu'],
  cpu: ['cpu'],
  cuda: ['cuda'],
  tensorrt: ['tensorrt'],
  webgpu: ['webgpu'],
}

const REMEDY: Readonly<Record<Provider, string>> = {
  cpu: 'The CPU provider is inside onnxruntime-node; install the package again.',
  cuda: 'Run `node node_modules/onnxruntime-node/script/install.js` to fetch the CUDA libraries, with CUDA 12 and cuDNN 9 on the machine (docs/gpu.md), or set provider: cpu.',
  tensorrt: 'Fetch the CUDA and TensorRT libraries (docs/gpu.md), or set provider: cuda or cpu.',
  webgpu:
    'WebGPU needs a Vulkan driver; a software one is named by VK_ICD_FILENAMES (docs/gpu.md). Or set provider: cpu.',
}

function options(provider: Provider, settings: SessionSettings): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: [provider],
    intraOpNumThreads: settings.threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // What fails is thrown; the runtime's own lines would only let a bad message flood the log.
    logSeverityLevel: 4,
    graphOptimizationLevel: settings.reproducible ? 'basic' : 'all',
    // A shape-dependent memory plan is kept per shape; ragged inputs have many shapes.
    enableMemPattern: settings.reproducible,
    extra: { session: { intra_op: { allow_spinning: '0' }, set_denormal_as_zero: '1' } },
  }
}

/**
 * Loads a model on the provider chosen.
 * @throws SpillwayError PROVIDER_UNAVAILABLE when an explicit provider cannot load (with its remedy);
 *   MODEL_INVALID when the CPU refuses the model itself.
 */
export async function loadSession(
  model: Uint8Array,
  settings: SessionSettings,
  place: string,
): Promise<LoadedSession> {
  const fallbacks: string[] = []
  for (const provider of CANDIDATES[settings.provider]) {
    if (!bundled(provider)) {
      const why = 'its libraries are not installed'
      if (settings.provider !== 'auto') throw unavailable(provider, why, place)
      fallbacks.push(`${provider}: ${why}`)
      continue
    }
    try {
      const session = await ort.InferenceSession.create(model, options(provider, settings))
      return { session, provider, fallbacks }
    } catch (cause) {
      const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
      if (provider === 'cpu') {
        throw new SpillwayError('MODEL_INVALID', `ONNX Runtime refuses the model: ${why}`, { place, cause })
      }
      if (settings.provider !== 'auto') throw unavailable(provider, why, place, cause)
      fallbacks.push(`${provider}: ${why}`)
    }
  }
  throw new SpillwayError('INTERNAL', 'no provider candidate', { place })
}

function unavailable(provider: Provider, why: string, place: string, cause?: unknown): SpillwayError {
  const message = `provider ${provider} cannot be loaded: ${why}`
  return new SpillwayError('PROVIDER_UNAVAILABLE', message, { place, remedy: REMEDY[provider], cause })
}

/** Asked first: ONNX Runtime would print the failed attempt to load a library that is not there. */
const bundled = (provider: Provider): boolean =>
  ort.listSupportedBackends().some((backend) => backend.name === provider && backend.bundled)

/** Which provider libraries the installed onnxruntime-node carries; carrying is not yet loading. */
export function bundledProviders(): readonly { readonly name: string; readonly bundled: boolean }[] {
  return ort.listSupportedBackends()
}

/** The runtime's version, for output metadata. */
export const runtimeVersion = (): string => ort.env.versions.node ?? ort.env.versions.common
