// Versions of a model that can be told apart, and bundles that must never go live.
import { generateKeyPairSync } from 'node:crypto'
import { ArrowFile, decodeMessage, defaultLimits, encodeSubset } from '../../dist/ingest/arrow/index.js'
import { makeBundle, readBundleFiles } from '../../dist/models/bundle.js'
import { featureBuilder } from '../../dist/models/features/index.js'
import { signBundle } from '../../dist/models/signature.js'
import { sample } from '../chaos/events.mjs'
import { crashing, endless, external, stamped } from './graphs.mjs'

const base = readBundleFiles('test/data/models/polarization')
const manifest = JSON.parse(Buffer.from(base.get('manifest.json')).toString())
const model = base.get('model.onnx')
const probe = base.get('probe.arrow')
const { model: _model, probe: _probe, format: _format, ...draft } = manifest

/** The first momentum of every item: what `stamp` multiplies. */
function firstMomenta(events) {
  const { builder, version, options } = manifest.features
  const features = featureBuilder(builder, version, options).bind(events)
  const items = Int32Array.from({ length: features.items }, (_, i) => i)
  const tensor = new Float32Array(features.items * 12)
  features.fill(items, 0, items.length, 0, 1, [tensor])
  return Float32Array.from(items, (i) => tensor[12 * i])
}
const momenta = firstMomenta(decodeMessage(probe, defaultLimits))

/** The first momentum of every event of the sample. */
export async function firstOfSample() {
  const found = []
  const file = await ArrowFile.open(sample)
  for await (const { bytes } of file.batches())
    found.push(...firstMomenta(decodeMessage(bytes, defaultLimits)))
  await file.close()
  return Float32Array.from(found)
}

/** A bundle whose `stamp` is `factor` times the first momentum; its probe says `answer` times. */
export function versioned(
  version,
  { factor = version, answer = version, graph = stamped(model, factor), ...more } = {},
) {
  const values = momenta.map((value) => Math.fround(value * answer))
  const extra = new Map([['answer.stamp', { axis: '', type: 'float32', values, valid: null }]])
  const outputs = [...draft.outputs, { name: 'stamp', columns: ['stamp'] }]
  return makeBundle({ ...draft, outputs, version, ...more }, graph, encodeSubset(probe, null, extra))
}

export const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const otherKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
export const signed = (files, key = privateKey) => signBundle(files, key)

/**
 * Hostile bundles by name: what to publish as `version`; `damage` is done to the stored model, `more` is published
 * too, `silent`: nothing is said of it. `older` is a version below the live one that is free.
 */
export const hostile = {
  // By ten times the tolerance, however large the version is.
  'wrong answers': (version) => ({ files: signed(versioned(version, { answer: version * 1.001 })) }),
  'NaN weights': (version) => ({ files: signed(versioned(version, { factor: Number.NaN })) }),
  unsigned: (version) => ({ files: versioned(version) }),
  'signed by another': (version) => ({ files: signed(versioned(version), otherKey) }),
  'signature of another version': (version) => {
    const signature = signed(versioned(version + 1)).get('model.sig')
    return { files: new Map([...versioned(version), ['model.sig', signature]]) }
  },
  truncated: (version) => ({ files: signed(versioned(version)), damage: (bytes) => bytes.subarray(0, 99) }),
  'wrong digest': (version) => ({
    files: signed(versioned(version)),
    damage: (bytes) => bytes.map((byte, i) => (i === 500 ? byte ^ 1 : byte)),
  }),
  'external data': (version) => ({ files: signed(versioned(version, { graph: external(model) })) }),
  'wrong inputs': (version) => ({ files: signed(versioned(version, { inputs: { other: 'momenta' } })) }),
  'crash on load': (version) => ({ files: signed(versioned(version, { graph: crashing(model) })) }),
  'endless loop': (version) => ({ files: signed(versioned(version, { graph: endless(model) })) }),
  noise: (version) => ({ files: signed(versioned(version, { graph: Buffer.from('no graph') })) }),
  older: (_version, older) => ({
    files: signed(versioned(older, { factor: 999, answer: 999 })),
    silent: true,
  }),
  flood: (version) => ({
    files: signed(versioned(version, { graph: Buffer.from('flood 0') })),
    more: [1, 2, 3, 4, 5].map((k) => signed(versioned(version + k, { graph: Buffer.from(`flood ${k}`) }))),
  }),
}
