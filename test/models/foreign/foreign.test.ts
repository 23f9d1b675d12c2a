import { describe, expect, it } from 'vitest'
import { parseSaltMetadata } from '#spillway/models/foreign/salt.js'
import { fillInput, transform } from '#spillway/models/foreign/transform.js'
import { parseWeaverCard, parseWeaverPreprocess } from '#spillway/models/foreign/weaver.js'

const preprocess = JSON.stringify({
  output_names: ['label_QCD', 'label_Hbb'],
  input_names: ['pf_features', 'pf_mask'],
  pf_features: {
    var_names: ['part_pt_log', 'part_deta'],
    var_infos: {
      part_pt_log: {
        median: 1.7,
        norm_factor: 0.7,
        replace_inf_value: 0,
        lower_bound: -5,
        upper_bound: 5,
        pad: 0,
      },
      part_deta: {
        median: 0,
        norm_factor: 1,
        replace_inf_value: 0,
        lower_bound: -1e32,
        upper_bound: 1e32,
        pad: -9,
      },
    },
    var_length: 3,
  },
  pf_mask: {
    var_names: ['part_mask'],
    var_infos: {
      part_mask: {
        median: 0,
        norm_factor: 1,
        replace_inf_value: 0,
        lower_bound: -1e32,
        upper_bound: 1e32,
        pad: 0,
      },
    },
    var_length: 3,
  },
})
const card = `
preprocess: { method: manual, data_fraction: 0.5 }
new_variables: { part_mask: ak.ones_like(part_energy) }
inputs:
  pf_features:
    length: 3
    pad_mode: wrap
    vars:
      - [part_pt_log, 1.7, 0.7]
      - [part_d0, 0, 1, -2, 2, 7]
      - [part_deta, null]
      - part_dphi
labels: { type: simple, value: [label_QCD, label_Hbb] }
`

describe('what weaver says of its models', () => {
  it('reads preprocess.json and normalises, clips and pads as weaver does', () => {
    const model = parseWeaverPreprocess(preprocess, 'preprocess.json')
    expect(model.outputs).toEqual(['label_QCD', 'label_Hbb'])
    expect(model.inputs.map(({ name, length, layout }) => [name, length, layout])).toEqual([
      ['pf_features', 3, 'channels'],
      ['pf_mask', 3, 'channels'],
    ])
    const out = new Float32Array(2 * 2 * 3).fill(99)
    const offsets = Int32Array.from([0, 2, 6])
    const pt = Float32Array.from([2.7, 20, 1.7, Infinity, 0.7, 5])
    const deta = Float32Array.from([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    fillInput(model.inputs[0], [pt, deta], offsets, Int32Array.from([1, 0]), 0, 2, 0, 3, out)
    const expected = [0, -1.19, -0.7, 0.3, 0.4, 0.5, 0.7, 5, 0, 0.1, 0.2, -9]
    expected.forEach((value, i) => {
      expect(out[i]).toBeCloseTo(value, 5)
    })
  })
  it('reads data cards with their defaults', () => {
    const model = parseWeaverCard(card, 'card.yaml')
    const [log, d0, deta, dphi] = model.inputs[0].variables
    expect(log).toMatchObject({ subtract: 1.7, multiply: 0.7, low: -5, high: 5, pad: 0 })
    expect(d0).toMatchObject({ low: -2, high: 2, pad: 7 })
    expect(deta).toMatchObject({ name: 'part_deta', subtract: 0, multiply: 1, high: Infinity })
    expect(dphi.name).toBe('part_dphi')
    expect(transform(100, log)).toBe(5)
    expect(model.derived.get('part_mask')).toBe('ak.ones_like(part_energy)')
    const out = new Float32Array(4 * 3)
    const column = Float32Array.from([1, 2])
    fillInput(
      model.inputs[0],
      [column, column, column, column],
      Int32Array.from([0, 2]),
      Int32Array.of(0),
      0,
      1,
      0,
      3,
      out,
    )
    expect([...out.slice(6, 9)]).toEqual([1, 2, 1])
    expect(() =>
      parseWeaverCard(
        card.replace('method: manual', 'method: auto').replace('[part_pt_log, 1.7, 0.7]', 'part_pt_log'),
        'c',
      ),
    ).toThrow('part_pt_log is standardised automatically')
  })
  it('names what is missing', () => {
    expect(() => parseWeaverPreprocess('{', 'p')).toThrow('not JSON')
    expect(() => parseWeaverPreprocess('{"input_names": ["a"]}', 'p')).toThrow(
      expect.objectContaining({ code: 'MODEL_INVALID' }),
    )
  })
})

describe('what salt says of its models', () => {
  it('reads jet inputs and sequences', () => {
    const model = parseSaltMetadata(
      JSON.stringify({
        inputs: [
          { name: 'jet_features', variables: [{ name: 'pt', offset: -2, scale: 0.5 }, { name: 'eta' }] },
        ],
        input_sequences: [{ name: 'track_features', variables: [{ name: 'd0', offset: 0, scale: 1 }] }],
        outputs: { GN2: { labels: ['pb', 'pc', 'pu'], node_index: 0 } },
      }),
      'model.onnx',
    )
    expect(model.outputs).toEqual(['GN2_pb', 'GN2_pc', 'GN2_pu'])
    expect(model.inputs.map(({ ragged, layout }) => [ragged, layout])).toEqual([
      [false, 'features'],
      [true, 'features'],
    ])
    const out = new Float32Array(4)
    const columns = [Float32Array.from([4, 10]), Float32Array.from([0.5, -1])]
    fillInput(model.inputs[0], columns, null, Int32Array.from([1, 0]), 0, 2, 0, 1, out)
    expect([...out]).toEqual([4, -1, 1, 0.5])
    expect(() => parseSaltMetadata('{}', 'm')).toThrow('names no inputs')
  })
})
