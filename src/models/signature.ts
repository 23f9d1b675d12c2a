import { createPrivateKey, createPublicKey, type KeyObject, sign as signBytes, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { SpillwayError } from '../errors.js'
import { type BundleFiles, SIGNATURE_FILE } from './bundle.js'
import { sha256 } from './manifest.js'

// The OpenSSF model-signing format with keys, as the PyPI package `model_signing` 1.x writes and reads it: a Sigstore
// bundle v0.3 (docs.sigstore.dev/about/bundle) with a DSSE envelope (github.com/secure-systems-lab/dsse, protocol.md)
// over an in-toto statement (v1) that lists every file with its digest.

const MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const PAYLOAD_TYPE = 'application/vnd.in-toto+json'
const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1'
const PREDICATE_TYPE = 'https://model_signing/signature/v1.0'
const MOST_BYTES = 1 << 20

/** Elliptic curves of the format, with the hash that goes with each. */
const HASHES: Readonly<Record<string, string>> = {
  prime256v1: 'sha256',
  secp384r1: 'sha384',
  secp521r1: 'sha512',
}

/** Other keys of the format (certificates, transparency logs) are let pass: this verifier does not rest on them. */
const SignatureBundle = z.object({
  mediaType: z.literal(MEDIA_TYPE),
  verificationMaterial: z.object({ publicKey: z.object({ hint: z.string().nullish() }) }),
  dsseEnvelope: z.object({
    payload: z.string(),
    payloadType: z.literal(PAYLOAD_TYPE),
    signatures: z.array(z.object({ sig: z.string() })).length(1),
  }),
})

const Statement = z.object({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.array(z.object({ name: z.string(), digest: z.object({ sha256: z.string() }) })).length(1),
  predicateType: z.literal(PREDICATE_TYPE),
  predicate: z.object({
    serialization: z.object({ method: z.literal('files'), hash_type: z.literal('sha256') }),
    resources: z.array(
      z.object({
        name: z.string(),
        algorithm: z.literal('sha256'),
        digest: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    ),
  }),
})

/** An EC private key (P-256, P-384 or P-521) from a PEM file. @throws SpillwayError CONFIG_INVALID */
export const readPrivateKey = (path: string, passphrase?: string): KeyObject =>
  readKey(path, (pem) => createPrivateKey({ key: pem, passphrase }))

/** An EC public key (P-256, P-384 or P-521) from a PEM file. @throws SpillwayError CONFIG_INVALID */
export const readPublicKey = (path: string): KeyObject =>
  readKey(path, (pem) => {
    if (/PRIVATE KEY/.test(pem)) throw new Error('it holds a private key')
    return createPublicKey(pem)
  })

/** The bundle with `model.sig`: a signature over all its other files. */
export function signBundle(files: BundleFiles, key: KeyObject): BundleFiles {
  const resources = resourcesOf(files)
  const statement = {
    _type: STATEMENT_TYPE,
    subject: [{ name: 'bundle', digest: { sha256: rootDigest(resources) } }],
    predicateType: PREDICATE_TYPE,
    predicate: {
      serialization: {
        method: 'files',
        hash_type: 'sha256',
        allow_symlinks: false,
        ignore_paths: [SIGNATURE_FILE],
      },
      resources,
    },
  }
  const payload = Buffer.from(JSON.stringify(statement))
  const signature = signBytes(hashOf(key), preAuthentication(payload), key)
  const text = JSON.stringify({
    mediaType: MEDIA_TYPE,
    verificationMaterial: { publicKey: { hint: fingerprint(createPublicKey(key)) }, tlogEntries: [] },
    dsseEnvelope: {
      payload: payload.toString('base64'),
      payloadType: PAYLOAD_TYPE,
      signatures: [{ sig: signature.toString('base64'), keyid: '' }],
    },
  })
  return new Map([...files, [SIGNATURE_FILE, new TextEncoder().encode(text)]])
}

/**
 * Verifies that a bundle's `model.sig` is of this key and covers exactly the bundle's other files, as they are.
 * @throws SpillwayError MODEL_UNSIGNED without a signature; SIGNATURE_INVALID saying what does not hold.
 */
export function verifyBundle(files: BundleFiles, key: KeyObject, place: string): void {
  const fail = (message: string, cause?: unknown): never => {
    throw new SpillwayError('SIGNATURE_INVALID', message, { place, cause })
  }
  const bytes = files.get(SIGNATURE_FILE)
  if (bytes === undefined) {
    throw new SpillwayError('MODEL_UNSIGNED', `the bundle has no ${SIGNATURE_FILE}`, { place })
  }
  if (bytes.length > MOST_BYTES) fail(`${SIGNATURE_FILE} is larger than ${MOST_BYTES} bytes`)
  const bundle = parse(SignatureBundle, bytes, fail, 'is no Sigstore bundle v0.3 with a key')
  const { hint } = bundle.verificationMaterial.publicKey
  if (hint && hint !== fingerprint(key)) fail('it was signed with another key')
  const { payload, signatures } = bundle.dsseEnvelope
  const statement = Buffer.from(payload, 'base64')
  const signature = Buffer.from(signatures[0].sig, 'base64')
  if (!verify(hashOf(key), preAuthentication(statement), key, signature)) fail('the signature does not hold')
  const { predicate, subject } = parse(Statement, statement, fail, 'signs no list of files')
  const listed = new Map(predicate.resources.map(({ name, digest }) => [name, digest]))
  const actual = resourcesOf(files)
  for (const { name, digest } of actual) {
    if (!listed.has(name)) fail(`${name} is not covered`)
    if (listed.get(name) !== digest) fail(`${name} was changed after it was signed`)
  }
  if (predicate.resources.length !== actual.length) fail('files that were signed are missing')
  if (subject[0].digest.sha256 !== rootDigest(predicate.resources)) fail('the root digest does not hold')
}

interface Resource {
  readonly name: string
  readonly algorithm: string
  readonly digest: string
}

function resourcesOf(files: BundleFiles): Resource[] {
  return [...files]
    .filter(([name]) => name !== SIGNATURE_FILE)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, bytes]) => ({ name, algorithm: 'sha256', digest: sha256(bytes) }))
}

/** sha256 over the binary digests, in the order of the list. */
const rootDigest = (resources: readonly Resource[]): string =>
  sha256(Buffer.concat(resources.map(({ digest }) => Buffer.from(digest, 'hex'))))

/** What is signed: DSSE's pre-authentication encoding. */
const preAuthentication = (payload: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `), payload])

/** sha256 of the PEM text: the hint by which a verifier knows its key. */
const fingerprint = (key: KeyObject): string =>
  sha256(Buffer.from(key.export({ type: 'spki', format: 'pem' })))

const hashOf = (key: KeyObject): string => HASHES[key.asymmetricKeyDetails?.namedCurve ?? '']

function readKey(path: string, make: (pem: string) => KeyObject): KeyObject {
  const remedy =
    'Make a pair: openssl ecparam -name prime256v1 -genkey -noout -out key.pem; openssl ec -in key.pem -pubout -out key.pub.pem.'
  try {
    const key = make(readFileSync(path, 'utf8'))
    if (hashOf(key) !== undefined) return key
  } catch (cause) {
    throw new SpillwayError('CONFIG_INVALID', `cannot read the key ${path}`, { place: path, remedy, cause })
  }
  throw new SpillwayError('CONFIG_INVALID', 'the key is not of P-256, P-384 or P-521', {
    place: path,
    remedy,
  })
}

function parse<T>(
  schema: z.ZodType<T>,
  bytes: Uint8Array,
  fail: (message: string, cause?: unknown) => never,
  what: string,
): T {
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(bytes)))
  } catch (cause) {
    return fail(`${SIGNATURE_FILE} ${what}`, cause)
  }
}
