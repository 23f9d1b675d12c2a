import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { SpillwayError } from '../errors.js'

const Digest = z.string().regex(/^[0-9a-f]{64}$/, 'a sha256 in lower-case hex')
const Name = z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, 'lower-case letters, digits, _ and -')
/** A file beside the manifest: no directories, so that a bundle cannot point outside itself. */
const FileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'a plain file name beside the manifest')

const Output = z.strictObject({
  /** Output name in the graph, of shape [n, columns] or [n]. */
  name: z.string(),
  /** One column name per component; `null` drops the component. */
  columns: z
    .array(
      z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
        .nullable(),
    )
    .min(1),
})

/** A histogram; `counts` may begin and end with what lies below the first and above the last edge. */
const Reference = z
  .strictObject({
    edges: z.array(z.number()).min(2).max(257),
    counts: z.array(z.number().nonnegative()),
  })
  .refine(({ edges }) => edges.every((edge, i) => i === 0 || edge > edges[i - 1]), 'edges must rise')
  .refine(
    ({ edges, counts }) => counts.length === edges.length - 1 || counts.length === edges.length + 1,
    'a count for every bin, or two more for what lies below and above',
  )
export type Reference = z.infer<typeof Reference>

/** The manifest of a model: everything a scorer must know that the ONNX graph does not say. */
export const Manifest = z.strictObject({
  format: z.literal(1),
  name: Name,
  version: z.int().positive(),
  system: Name.optional(),
  description: z.string().default(''),
  model: z.strictObject({ file: FileName, sha256: Digest }),
  features: z.strictObject({
    builder: z.string(),
    version: z.int().positive(),
    options: z.record(z.string(), z.unknown()).default({}),
  }),
  /** Graph input name → tensor of the feature builder. */
  inputs: z.record(z.string(), z.string()),
  outputs: z.array(Output).min(1),
  /** `dynamic`: the first axis of every input is the batch. `none`: one item a run ([1, F], [t, F], [F]). */
  batch: z.enum(['dynamic', 'none']).default('dynamic'),
  /** How far answers may differ across runtimes, providers and batch shapes. */
  tolerance: z.strictObject({ absolute: z.number().positive(), relative: z.number().nonnegative() }),
  /** Real events with the trainer's own answers: an Arrow file whose columns `answer.<column>` hold them. */
  probe: z.strictObject({ file: FileName, sha256: Digest }).optional(),
  trained: z.record(z.string(), z.unknown()).optional(),
  /**
   * Histograms on the training sample, for drift: `input.<tensor>.<k>` of component k of a tensor of the builder
   * (real entries, not padding), and `score.<column>`.
   */
  references: z.record(z.string(), Reference).default({}),
})
export type Manifest = z.infer<typeof Manifest>

/** A model as a scorer takes it: manifest and bytes, digests checked. */
export interface Bundle {
  readonly manifest: Manifest
  readonly model: Uint8Array
  /** Arrow file bytes of the probe. */
  readonly probe: Uint8Array | null
  /** Where it came from, for messages. */
  readonly origin: string
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/**
 * Reads a bundle from a folder (its `manifest.json`) or from a manifest file, and verifies every digest.
 * @throws SpillwayError MODEL_UNREADABLE, MODEL_INVALID (with the key of the manifest that is wrong).
 */
export function readBundle(path: string): Bundle {
  const file = path.endsWith('.json') ? resolve(path) : join(resolve(path), 'manifest.json')
  const manifest = parseManifest(readBytes(file), file)
  const beside = (entry: { readonly file: string; readonly sha256: string }): Uint8Array => {
    const at = join(dirname(file), entry.file)
    return verified(readBytes(at), entry.sha256, at)
  }
  return {
    manifest,
    model: beside(manifest.model),
    probe: manifest.probe === undefined ? null : beside(manifest.probe),
    origin: file,
  }
}

/** @throws SpillwayError MODEL_INVALID naming the key that is wrong. */
export function parseManifest(bytes: Uint8Array, place: string): Manifest {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder().decode(bytes))
  } catch (cause) {
    throw new SpillwayError('MODEL_INVALID', 'manifest is not JSON', { place, cause })
  }
  const parsed = Manifest.safeParse(json)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new SpillwayError('MODEL_INVALID', `manifest: ${issue.path.join('.') || 'root'}: ${issue.message}`, {
    place,
  })
}

/** @throws SpillwayError MODEL_INVALID when the digest differs. */
export function verified(bytes: Uint8Array, digest: string, place: string): Uint8Array {
  const found = sha256(bytes)
  if (found === digest) return bytes
  throw new SpillwayError('MODEL_INVALID', `sha256 is ${found}, the manifest says ${digest}`, { place })
}

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new SpillwayError('MODEL_UNREADABLE', `cannot read ${path}`, { place: path, cause })
  }
}
