import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { inspectOnnx } from '#spillway/models/onnx-graph.js'
import { demo } from '../support/messages.js'
import { floats, linear, node, onnx, valueInfo } from '../support/onnx.js'
import { type Proto, type ProtoField, proto } from '../support/protobuf.js'

const x = [valueInfo('x', ['n', 2])]
const y = [valueInfo('y', ['n', 1])]
const external: Proto = [
  [1, 2],
  [2, 1],
  [8, 'w'],
  [
    13,
    [
      [1, 'location'],
      [2, '/etc/passwd'],
    ],
  ],
  [14, 1],
]
const domain: ProtoField = [7, 'evil.corp']
const graphWith = (nodes: readonly Proto[]): Proto => nodes.map((one): ProtoField => [1, one])
const refused = (model: Uint8Array, message: RegExp) =>
  expect(() => inspectOnnx(model, 'model.onnx')).toThrowError(
    expect.objectContaining({ code: 'MODEL_INVALID', message: expect.stringMatching(message) }),
  )

describe('inspectOnnx', () => {
  it('reads operators and opset of models that others wrote and of our own', () => {
    expect(inspectOnnx(linear([1, 2]), 'm')).toEqual({
      opsets: new Map([['', 17]]),
      operators: new Set(['MatMul']),
      nodes: 1,
    })
    const tagger = inspectOnnx(readFileSync(`${demo.jetTagger}/model.onnx`), 'm')
    expect(tagger.operators).toContain('Softmax')
    expect(tagger.nodes).toBeGreaterThan(20)
  })

  const attribute = (number: number, value: Proto): Proto =>
    node(
      'Constant',
      [],
      ['w'],
      [
        [
          5,
          [
            [1, 'value'],
            [number, value],
          ],
        ],
      ],
    )
  it.each<[string, Uint8Array]>([
    [
      'an initializer',
      onnx({ nodes: [node('MatMul', ['x', 'w'], ['y'])], inputs: x, outputs: y, initializers: [external] }),
    ],
    ['an attribute', onnx({ nodes: [attribute(5, external)], inputs: x, outputs: y })],
    ['a list of tensors', onnx({ nodes: [attribute(10, external)], inputs: x, outputs: y })],
    ['a sparse attribute', onnx({ nodes: [attribute(22, [[1, external]])], inputs: x, outputs: y })],
    [
      'a subgraph',
      onnx({
        nodes: [
          attribute(6, [
            [1, node('Add', ['a', 'b'], ['c'])],
            [5, external],
          ]),
        ],
        inputs: x,
        outputs: y,
      }),
    ],
    [
      'a sparse initializer',
      proto([
        [
          7,
          [
            [1, node('Relu', ['x'], ['y'])],
            [15, [[1, external]]],
          ],
        ],
      ]),
    ],
    [
      'a function',
      onnx({
        nodes: [node('Relu', ['x'], ['y'])],
        inputs: x,
        outputs: y,
        model: [[25, [[7, attribute(5, external)]]]],
      }),
    ],
  ])('refuses external data in %s', (_what, model) => refused(model, /external data/))

  it.each<[string, Uint8Array]>([
    ['the graph', onnx({ nodes: [node('Steal', ['x'], ['y'], [domain])], inputs: x, outputs: y })],
    [
      'a subgraph',
      onnx({
        nodes: [
          node(
            'If',
            ['x'],
            ['y'],
            [
              [
                5,
                [
                  [1, 'then_branch'],
                  [6, graphWith([node('Steal', [], [], [domain])])],
                ],
              ],
            ],
          ),
        ],
        inputs: x,
        outputs: y,
      }),
    ],
    [
      'a function',
      onnx({
        nodes: [node('Relu', ['x'], ['y'])],
        inputs: x,
        outputs: y,
        model: [[25, [[7, node('Steal', [], [], [domain])]]]],
      }),
    ],
  ])('refuses a foreign operator in %s', (_what, model) => refused(model, /Steal is of domain evil.corp/))

  it('refuses subgraphs within subgraphs without end', () => {
    let inner = graphWith([node('Relu', ['a'], ['b'])])
    for (let depth = 0; depth < 40; depth++)
      inner = graphWith([
        node(
          'If',
          ['a'],
          ['b'],
          [
            [
              5,
              [
                [1, 'then_branch'],
                [6, inner],
              ],
            ],
          ],
        ),
      ])
    refused(proto([[7, inner]]), /nested too deeply/)
  })

  it('refuses text, nothing, and a graph without operators', () => {
    refused(Buffer.from('<html>not found</html>'), /not an ONNX file/)
    refused(new Uint8Array(), /holds no graph/)
    refused(onnx({ nodes: [], inputs: x, outputs: y }), /holds no graph/)
  })

  it('refuses every model cut short, never crashing', () => {
    const model = onnx({
      nodes: [node('MatMul', ['x', 'w'], ['y'])],
      inputs: x,
      outputs: y,
      initializers: [floats('w', [2, 1], [1, 2])],
    })
    let refusals = 0
    for (let length = 0; length < model.length; length++) {
      try {
        inspectOnnx(model.subarray(0, length), 'm')
      } catch (error) {
        expect(error).toMatchObject({ code: 'MODEL_INVALID' })
        refusals++
      }
    }
    // Only cuts between two whole fields of the model pass: ONNX Runtime then says that the opset is missing.
    expect(model.length - refusals).toBeLessThanOrEqual(1)
  })
})
