// Versions of a model that can be told apart, and bundles that must never go live.
import { generateKeyPairSync } from 'node:crypto'
import { ArrowFile, decodeMessage, defaultLimits, encodeSubset } from '../../dist/ingest/arrow/index.js'
import { makeBundle, readBundleFiles } from '../../dist/models/bundle.js'
import { featureBuilder } from '../../dist/models/features/index.js'
import { signBundle } from '../../dist/models/signature.js'
import { sample } from '../chaos/events.mjs'
import { proto } from '../support/proto.mjs'

const FLOAT = 1
const INT64 = 7
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

const scalar = (name, type, bytes, dims = [1]) => [
  ...dims.map((dim) => [1, dim]),
  [2, type],
  [8, name],
  [9, bytes],
]
const bytesOf = (array) => new Uint8Array(array.buffer)
const node = (op, inputs, outputs, more = []) => [
  ...inputs.map((name) => [1, name]),
  ...outputs.map((name) => [2, name]),
  [4, op],
  ...more,
]

/**
 * The network with one output more: `stamp` = factor · first momentum. Messages that are written one after
 * another are merged by protobuf's rules, so that the graph need not be taken apart.
 */
function stamped(factor) {
  const axis = [
    5,
    [
      [1, 'axis'],
      [3, 1],
      [20, 2],
    ],
  ]
  const shape = [[1, [[2, 'n']]]]
  const graph = [
    [1, node('Gather', ['momenta', 'stamp_index'], ['stamp_first'], [axis])],
    [1, node('Mul', ['stamp_first', 'stamp_factor'], ['stamp'])],
    [5, scalar('stamp_index', INT64, bytesOf(BigInt64Array.of(0n)), [])],
    [5, scalar('stamp_factor', FLOAT, bytesOf(Float32Array.of(factor)))],
    [
      12,
      [
        [1, 'stamp'],
        [
          2,
          [
            [
              1,
              [
                [1, FLOAT],
                [2, shape],
              ],
            ],
          ],
        ],
      ],
    ],
  ]
  return Buffer.concat([model, proto([[7, graph]])])
}

/** A bundle whose `stamp` is `factor` times the first momentum; its probe says `answer` times. */
export function versioned(
  version,
  { factor = version, answer = version, graph = stamped(factor), ...more } = {},
) {
  const values = momenta.map((value) => Math.fround(value * answer))
  const extra = new Map([['answer.stamp', { axis: '', type: 'float32', values, valid: null }]])
  const outputs = [...draft.outputs, { name: 'stamp', columns: ['stamp'] }]
  return makeBundle({ ...draft, outputs, version, ...more }, graph, encodeSubset(probe, null, extra))
}

export const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const otherKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
export const signed = (files, key = privateKey) => signBundle(files, key)

/** Loops for ever: a condition that stays true. */
function endless() {
  const bool = (name) => [
    [1, name],
    [
      2,
      [
        [
          1,
          [
            [1, 9],
            [2, []],
          ],
        ],
      ],
    ],
  ]
  const tensor = (name) => [
    [1, name],
    [
      2,
      [
        [
          1,
          [
            [1, FLOAT],
            [
              2,
              [
                [1, [[2, 'n']]],
                [1, [[1, 12]]],
              ],
            ],
          ],
        ],
      ],
    ],
  ]
  const body = [
    [1, node('Identity', ['go'], ['go_on'])],
    [1, node('Identity', ['v'], ['v_on'])],
    [2, 'body'],
    [
      11,
      [
        [1, 'i'],
        [
          2,
          [
            [
              1,
              [
                [1, INT64],
                [2, []],
              ],
            ],
          ],
        ],
      ],
    ],
    [11, bool('go')],
    [11, tensor('v')],
    [12, bool('go_on')],
    [12, tensor('v_on')],
  ]
  const loop = [
    5,
    [
      [1, 'body'],
      [6, body],
      [20, 5],
    ],
  ]
  const graph = [
    [1, node('Loop', ['', 'always', 'momenta'], ['round'], [loop])],
    [
      1,
      node(
        'Gather',
        ['round', 'stamp_index'],
        ['stamp'],
        [
          [
            5,
            [
              [1, 'axis'],
              [3, 1],
              [20, 2],
            ],
          ],
        ],
      ),
    ],
    [5, scalar('always', 9, Uint8Array.of(1), [])],
    [5, scalar('stamp_index', INT64, bytesOf(BigInt64Array.of(0n)), [])],
    [
      12,
      [
        [1, 'stamp'],
        [
          2,
          [
            [
              1,
              [
                [1, FLOAT],
                [2, [[1, [[2, 'n']]]]],
              ],
            ],
          ],
        ],
      ],
    ],
  ]
  return Buffer.concat([model, proto([[7, graph]])])
}

/** The demo's network with weights that are kept elsewhere. */
function external() {
  const location = [
    [1, 'location'],
    [2, '/etc/passwd'],
  ]
  return Buffer.concat([
    stamped(1),
    proto([
      [
        7,
        [
          [
            5,
            [
              [1, 1],
              [2, 1],
              [8, 'w'],
              [13, location],
              [14, 1],
            ],
          ],
        ],
      ],
    ]),
  ])
}

/**
 * Hostile bundles by name: what to publish as `version`; `damage` is done to the stored model, `more` is published
 * too, `silent`: nothing is said of it. `older` is a version below the live one that is free.
 */
export const hostile = {
  'wrong answers': (version) => ({ files: signed(versioned(version, { answer: version + 1 })) }),
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
  'external data': (version) => ({ files: signed(versioned(version, { graph: external() })) }),
  'wrong inputs': (version) => ({ files: signed(versioned(version, { inputs: { other: 'momenta' } })) }),
  'endless loop': (version) => ({ files: signed(versioned(version, { graph: endless() })) }),
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
