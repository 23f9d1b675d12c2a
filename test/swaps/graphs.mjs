// Graphs of the demo's network with one output more, and of what no scorer must load.
import { proto } from '../support/proto.mjs'

const FLOAT = 1
const INT32 = 6
const INT64 = 7
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

/** One output more: `stamp` = `stamp_factor` · first momentum. */
const stamp = [
  [
    1,
    node(
      'Gather',
      ['momenta', 'stamp_index'],
      ['stamp_first'],
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
  [1, node('Mul', ['stamp_first', 'stamp_factor'], ['stamp'])],
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

/**
 * The network with the stamp. Messages that are written one after another are merged by protobuf's rules, so that the
 * graph need not be taken apart.
 */
export const stamped = (model, factor) =>
  Buffer.concat([
    model,
    proto([[7, [[5, scalar('stamp_factor', FLOAT, bytesOf(Float32Array.of(factor)))], ...stamp]]]),
  ])

/** Loops for ever: a condition that stays true. */
export function endless(model) {
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

/**
 * Brings down the process that loads it: the optimiser works out -2³¹ / -1 in 32 bits, to which x86 answers with a
 * signal. Where that is no error, the answers are wrong.
 */
export function crashing(model) {
  const to = [
    5,
    [
      [1, 'to'],
      [3, FLOAT],
      [20, 2],
    ],
  ]
  const graph = [
    [1, node('Div', ['least', 'minus_one'], ['beyond'])],
    [1, node('Cast', ['beyond'], ['stamp_factor'], [to])],
    [5, scalar('least', INT32, bytesOf(Int32Array.of(-(2 ** 31))))],
    [5, scalar('minus_one', INT32, bytesOf(Int32Array.of(-1)))],
    ...stamp,
  ]
  return Buffer.concat([model, proto([[7, graph]])])
}

/** The demo's network with weights that are kept elsewhere. */
export function external(model) {
  const location = [
    [1, 'location'],
    [2, '/etc/passwd'],
  ]
  return Buffer.concat([
    stamped(model, 1),
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
