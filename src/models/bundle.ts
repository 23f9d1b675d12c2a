import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import { SpillwayError } from '../errors.js'
import { type Bundle, type Manifest, parseManifest, sha256, verified } from './manifest.js'

/**
 * The files of a bundle by name: `manifest.json`, the model and the probe that it names, and `model.sig` when it is
 * signed. What registries store and what a signature covers; `bundleOf` makes of it what a scorer takes.
 */
export type BundleFiles = ReadonlyMap<string, Uint8Array>

export const MANIFEST_FILE = 'manifest.json'
export const SIGNATURE_FILE = 'model.sig'

/** A manifest as its maker writes it: what follows from the files is filled in. */
export type ManifestDraft = Omit<z.input<typeof Manifest>, 'format' | 'model' | 'probe'>

/**
 * The files of a new bundle, digests filled in. The probe is an Arrow file of a few real events with the trainer's
 * own answers in columns `answer.<column>`.
 * @throws SpillwayError MODEL_INVALID naming the key of the draft that is wrong.
 */
export function makeBundle(draft: ManifestDraft, model: Uint8Array, probe: Uint8Array | null): BundleFiles {
  const text = JSON.stringify(
    {
      format: 1,
      ...draft,
      model: { file: 'model.onnx', sha256: sha256(model) },
      ...(probe !== null && { probe: { file: 'probe.arrow', sha256: sha256(probe) } }),
    },
    null,
    2,
  )
  const manifest = new TextEncoder().encode(`${text}\n`)
  parseManifest(manifest, MANIFEST_FILE)
  const files = new Map([
    [MANIFEST_FILE, manifest],
    ['model.onnx', model],
  ])
  return probe === null ? files : files.set('probe.arrow', probe)
}

/**
 * Makes a bundle and writes it into a folder, which is made where it is missing. The manifest comes last, so that a
 * folder with a manifest is whole.
 * @throws SpillwayError MODEL_INVALID, see `makeBundle`.
 */
export function writeBundle(
  folder: string,
  draft: ManifestDraft,
  model: Uint8Array,
  probe: Uint8Array | null,
): BundleFiles {
  const files = makeBundle(draft, model, probe)
  writeBundleFiles(folder, files)
  return files
}

/** Writes the files of a bundle into a folder, the manifest last. */
export function writeBundleFiles(folder: string, files: BundleFiles): void {
  mkdirSync(folder, { recursive: true })
  const last = (name: string): number => Number(name === MANIFEST_FILE)
  for (const [name, bytes] of [...files].sort(([a], [b]) => last(a) - last(b))) {
    const part = join(folder, `.${name}.part`)
    writeFileSync(part, bytes)
    renameSync(part, join(folder, name))
  }
}

/**
 * Reads the files of a bundle from its folder and verifies every digest.
 * @throws SpillwayError MODEL_UNREADABLE, MODEL_INVALID
 */
export function readBundleFiles(folder: string): BundleFiles {
  const text = readFile(folder, MANIFEST_FILE)
  const { model, probe } = parseManifest(text, join(folder, MANIFEST_FILE))
  const files = new Map([[MANIFEST_FILE, text]])
  for (const { file } of probe === undefined ? [model] : [model, probe])
    files.set(file, readFile(folder, file))
  const signature = readOptional(join(folder, SIGNATURE_FILE))
  if (signature !== null) files.set(SIGNATURE_FILE, signature)
  bundleOf(files, folder)
  return files
}

/**
 * A bundle as a scorer takes it, digests verified. Files that the manifest does not name are an error: nobody would
 * have looked at them.
 * @throws SpillwayError MODEL_INVALID naming the file.
 */
export function bundleOf(files: BundleFiles, origin: string): Bundle {
  const fail = (message: string): never => {
    throw new SpillwayError('MODEL_INVALID', message, { place: origin })
  }
  const file = (name: string): Uint8Array => files.get(name) ?? fail(`the bundle has no ${name}`)
  const manifest = parseManifest(file(MANIFEST_FILE), origin)
  const { model, probe } = manifest
  const known = [MANIFEST_FILE, SIGNATURE_FILE, model.file, ...(probe === undefined ? [] : [probe.file])]
  if (new Set(known).size < known.length) fail('the manifest names one file twice')
  for (const name of files.keys()) if (!known.includes(name)) fail(`the manifest does not name ${name}`)
  return {
    manifest,
    model: verified(file(model.file), model.sha256, `${origin}, ${model.file}`),
    probe: probe === undefined ? null : verified(file(probe.file), probe.sha256, `${origin}, ${probe.file}`),
    origin,
  }
}

/**
 * The address of a bundle: the sha256 of its files' digests, as `sha256sum * | sha256sum` prints it in its folder
 * (names in byte order).
 */
export function bundleDigest(files: BundleFiles): string {
  return digestOf([...files].map(([name, bytes]) => ({ name, sha256: sha256(bytes) })))
}

/** The same from the digests of the files. */
export function digestOf(files: readonly { readonly name: string; readonly sha256: string }[]): string {
  const lines = [...files]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((file) => `${file.sha256}  ${file.name}\n`)
  return sha256(new TextEncoder().encode(lines.join('')))
}

/** The same weights and probe under another version; a signature covers the manifest, so it is left out. */
export function withVersion(files: BundleFiles, version: number): BundleFiles {
  const text: unknown = JSON.parse(new TextDecoder().decode(files.get(MANIFEST_FILE)))
  const manifest = `${JSON.stringify({ ...(text as object), version }, null, 2)}\n`
  const kept = [...files].filter(([name]) => name !== SIGNATURE_FILE)
  return new Map([...kept, [MANIFEST_FILE, new TextEncoder().encode(manifest)]])
}

function readFile(folder: string, name: string): Uint8Array {
  const path = join(folder, name)
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new SpillwayError('MODEL_UNREADABLE', `cannot read ${path}`, { place: path, cause })
  }
}

function readOptional(path: string): Uint8Array | null {
  try {
    return readFileSync(path)
  } catch {
    return null
  }
}
