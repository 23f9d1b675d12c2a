import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Bundle, Manifest, readBundle, sha256 } from '../models/manifest.js'

/** What a training run knows of the model it made. */
export interface Trained {
  readonly name: string
  readonly version: number
  readonly system: string
  readonly description: string
  readonly features: Manifest['features']
  /** Tensors of the builder, each the graph input of its name. */
  readonly inputs: readonly string[]
  readonly outputs: Manifest['outputs']
  readonly model: Uint8Array
  readonly probe: Uint8Array
  readonly references: Manifest['references']
  /** Where it comes from: configuration, data, metrics. */
  readonly origin: Readonly<Record<string, unknown>>
}

/** How far a scorer's answers may be from the trainer's: rounding, in another order of summation. */
export const TOLERANCE = { absolute: 1e-5, relative: 1e-4 }

/** Writes a bundle's folder: manifest.json, model.onnx, probe.arrow; then reads it back, digests checked. */
export async function writeBundleFolder(folder: string, trained: Trained): Promise<Bundle> {
  const { model, probe } = trained
  const manifest = Manifest.parse({
    format: 1,
    name: trained.name,
    version: trained.version,
    system: trained.system,
    description: trained.description,
    model: { file: 'model.onnx', sha256: sha256(model) },
    features: trained.features,
    inputs: Object.fromEntries(trained.inputs.map((name) => [name, name])),
    outputs: trained.outputs,
    batch: 'dynamic',
    tolerance: TOLERANCE,
    probe: { file: 'probe.arrow', sha256: sha256(probe) },
    trained: trained.origin,
    references: trained.references,
  })
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'model.onnx'), model)
  await writeFile(join(folder, 'probe.arrow'), probe)
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  return readBundle(folder)
}
