import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '#spillway/models/manifest.js'

export interface BundleText {
  readonly features: Readonly<Record<string, unknown>>
  readonly inputs: Readonly<Record<string, string>>
  readonly outputs: readonly { readonly name: string; readonly columns: readonly (string | null)[] }[]
  readonly batch?: 'dynamic' | 'none'
}

/** Writes a model's folder. @returns the folder */
export function writeBundle(folder: string, model: Uint8Array, text: BundleText, name = 'test'): string {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'model.onnx'), model)
  const manifest = {
    format: 1,
    name,
    version: 1,
    tolerance: { absolute: 1e-6, relative: 1e-6 },
    model: { file: 'model.onnx', sha256: sha256(model) },
    ...text,
  }
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest))
  return folder
}

/** A model that reads columns of events (or of the items of a list) as x[n, F] and gives y[n, 1] as column `y`. */
export const columnsText = (columns: readonly string[], item = ''): BundleText => ({
  features: {
    builder: 'columns',
    version: 1,
    options: { item, tensors: [{ name: 'x', columns }] },
  },
  inputs: { x: 'x' },
  outputs: [{ name: 'y', columns: ['y'] }],
})
