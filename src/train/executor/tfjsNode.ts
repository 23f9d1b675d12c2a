import { createRequire } from 'node:module'
import { SpillwayError } from '../../errors.js'

export type TfjsNodePackage = 'tfjs-node' | 'tfjs-node-gpu'

/** Loads the optional package, which registers the `tensorflow` backend with TensorFlow.js. */
export async function loadTfjsNode(name: TfjsNodePackage): Promise<void> {
  restoreIsNullOrUndefined()
  const specifier = `@tensorflow/${name}`
  try {
    await import(specifier)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
    throw new SpillwayError('DEPENDENCY_MISSING', `The executor ${name} needs ${specifier}: ${reason}`, {
      place: `executor: ${name}`,
      remedy: `Run \`npm install ${specifier}\` (its install script downloads TensorFlow), or set executor to onnx.`,
      cause,
    })
  }
}

/** tfjs-node 4.22 calls util.isNullOrUndefined, which Node 23 removed (tensorflow/tfjs#8425). */
function restoreIsNullOrUndefined(): void {
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>
  if (util['isNullOrUndefined'] !== undefined) return
  util['isNullOrUndefined'] = (value: unknown) => value === null || value === undefined
}
